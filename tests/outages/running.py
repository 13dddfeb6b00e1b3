"""One outage from before until all have heard: the worker function as it is deployed, its queue, and all it depends on.

A process of its own, as the clocks are the whole process's: python -m tests.outages.running PART KIND RATE [SECONDS].
"""

import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from tests.outages.simulating import Simulation

if TYPE_CHECKING:
    from bot.batching import Batches
    from bot.settings import Settings
    from tests.outages.queueing import Queue
    from tests.outages.town import Town
    from tests.outages.weather import Parts

BEFORE, OUTAGE, AFTER = 120.0, 600.0, 300.0  # seconds that people ask
MOST = 100  # environments of the function
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake-secret", "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass(frozen=True)
class Toll:
    """What came of it; `requests` are those of the outage by part, and of as long without one where nothing failed."""

    asked: int
    during: int  # asked while it failed
    answered: int
    told: int  # got a notice and no answer
    silent: int
    requests: dict[str, int]
    slowest: float  # seconds from a question to its answer
    after: float  # seconds from the end of the outage to the last answer to what was asked before
    aside: int
    environments: int
    deliveries: int


def run(part: str, kind: str, rate: float, outage: float = OUTAGE) -> Toll:
    """`rate`: questions a minute; half of them in Slack, half as tickets."""
    simulation, ends = Simulation(), BEFORE + outage
    simulation.install()
    os.environ.update(KEYS)
    logging.disable(logging.CRITICAL)
    from tests.outages.queueing import Queue

    with _parts(simulation) as (parts, town, settings):
        queue = Queue(simulation, lambda queue: _hired(settings, queue), MOST, town.look)
        town.open(queue, settings)
        texts = _texts()
        for number in range(int((ends + AFTER) * rate / 60)):
            simulation.at(number * 60 / rate, lambda: town.ask(next(texts)))
        if part:
            simulation.at(BEFORE, lambda: parts.fail(part, kind))
            simulation.at(ends, parts.heal)
        simulation.run()
        return _counted(town, queue, parts, ends)


@contextmanager
def _parts(simulation: Simulation) -> "Iterator[tuple[Parts, Town, Settings]]":
    from bot.local.account.account import Account
    from bot.local.workspace.workspace import Workspace
    from bot.settings import Settings
    from tests.benchmarks.material import DEMO
    from tests.fakes.bedrock.process import BedrockProcess
    from tests.fakes.opensearch.__main__ import DIMENSIONS
    from tests.fakes.opensearch.process import OpenSearchProcess
    from tests.outages.town import Town
    from tests.outages.watching import EMBEDDING, SEARCH, SLACK, ZENDESK, Watch
    from tests.outages.weather import Parts
    from tests.services import redis

    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        bedrock = stack.enter_context(BedrockProcess())
        opensearch = stack.enter_context(OpenSearchProcess(DEMO / "help-center"))
        server = stack.enter_context(redis.server(Path(home, "redis")))
        slack = stack.enter_context(Workspace(limits=False, echo=False))
        zendesk = stack.enter_context(Account(clock=lambda: simulation.now + 1.8e9, plan=10**9))
        urls = {EMBEDDING: bedrock.endpoint_url, SEARCH: opensearch.url, SLACK: slack.origin, ZENDESK: zendesk.url}
        watch = Watch(simulation, urls)
        watch.install()
        town = Town(simulation, slack, zendesk)
        settings = Settings(
            home=home,
            region="us-east-1",
            answer_model="global.anthropic.claude-haiku-5-5",
            embedding_model="bedrock:cohere.embed-v4:0",
            embedding_dimensions=DIMENSIONS,
            bedrock_url=bedrock.endpoint_url,
            opensearch_url=opensearch.url,
            opensearch_kind="domain",
            opensearch_signed=False,
            redis_url=server.url,
            **town.settings(),
        )
        yield Parts(bedrock, opensearch, server, slack, zendesk, watch), town, settings


def _hired(settings: "Settings", queue: "Queue") -> "Batches":
    """As bot/handlers/worker.py makes it."""
    from bot import pacing
    from bot.app import build
    from bot.batching import Batches
    from bot.observability import Telemetry
    from bot.working import workers
    from rag_core import messaging
    from rag_core.backends.memory import MemoryBudget

    # each environment is a process; and Redis reckons by its own clock, which no simulation moves
    budget = MemoryBudget()
    pacing.budget = lambda _: budget  # type: ignore[assignment]
    telemetry = Telemetry(stream=StringIO(), plain=True, metrics=False)
    work = workers(build(settings), telemetry)
    return Batches(settings, work, messaging.read, telemetry, queue.postpone, queue.again)


def _texts() -> Iterator[str]:
    """Unlike one another, each about a page of the demo: a fake's vectors know words only."""
    from tests.benchmarks.material import DEMO
    from tests.fakes.opensearch.__main__ import chunks

    found = [each for each in chunks(DEMO / "help-center") if len(each.text) > 300]
    for start in range(0, 70, 7):
        for each in found:
            words = re.findall(r"[A-Za-z]+", each.text)[start : start + 24]
            if len(words) > 12:
                yield f"{each.heading}: {' '.join(words)}?"


def _counted(town: "Town", queue: "Queue", parts: "Parts", ends: float) -> Toll:
    got = [town.got(each.asked) for each in town.all]
    before = [each for each in town.all if each.at < ends and each.answered is not None]
    return Toll(
        asked=len(got),
        during=sum(BEFORE <= each.at < ends for each in town.all),
        answered=got.count("answer"),
        told=got.count("notice"),
        silent=got.count("nothing"),
        requests=dict(parts.watch.during(BEFORE, ends)),
        slowest=max((each.answered or 0.0) - each.at for each in town.all),
        after=max((each.answered or 0.0) - ends for each in before) if before else 0.0,
        aside=len(queue.aside),
        environments=queue.environments,
        deliveries=queue.deliveries,
    )


def main(part: str, kind: str, rate: str, outage: str = str(OUTAGE)) -> None:
    print(json.dumps(asdict(run(part, kind, float(rate), float(outage)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
