"""What one question asks of others: calls of Slack and Zendesk, units of DynamoDB, bytes of log, text for a model.

These are the quantities of `supportbot costs --estimate` and of docs/capacity.md: bot/estimating/figures.toml has them.
"""

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.endpoint import Endpoint

from bot.app import App
from bot.local.account.account import Account
from bot.local.account.exchanging import Request, Response
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from bot.slack import SlackCore
from integrations.slack.needs import Core
from rag_core.backends.bedrock.answering import BedrockAnswerModel, Converse
from rag_core.backends.bedrock.client import Connection
from rag_core.domain import Audience, Passage, PersonId
from rag_core.prompting import RULES, asked
from tests.benchmarks.material import DEMO
from tests.benchmarks.slack_words import Bot, Slow
from tests.benchmarks.speed import folder
from tests.fakes.aws_wire import create_table
from tests.integrations.zendesk.storm import Weather, storm
from tests.services import aws

QUESTIONS, TICKETS = 20, 30
KILOBYTE = 1_024
READ, WRITTEN = 4 * KILOBYTE, KILOBYTE  # that one unit of DynamoDB's holds
ASKED = ["How long do refunds take?", "How do I verify my sending domain?", "How do I reset my password?"]
READS = frozenset({"GetItem", "Query", "BatchGetItem"})
INDEXED = ("disliked_day", "declined_day")  # what an item has that stands in an index too
CALM = Weather(1, 0, 14, 0, 0, 0, 0, 0, 0, 0)


def measure() -> None:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto's, a line a request
    with folder() as home:
        _stored(home / "stored")
        _sent_to_a_model(home / "model")
        logging.disable(logging.CRITICAL)  # of the simulated refusals
        _calls_of_slack(home)
        _calls_of_zendesk(home / "zendesk")


def _calls_of_slack(home: Path) -> None:
    for name, count in (("in one piece", 1), ("streamed, of three statements", 3)):
        with Workspace(limits=False, echo=False) as slack:
            calls, cpu = _asked(slack, Slow(home / str(count), count))
        said = ", ".join(f"{method} {number / QUESTIONS:.1f}" for method, number in calls.most_common())
        print(
            f"Slack, an answer {name}: {calls.total() / QUESTIONS:.1f} calls: {said}; CPU {cpu * 1000:.0f} ms",
            flush=True,
        )


def _asked(slack: Workspace, core: Core, texts: Sequence[str] = ("how?",)) -> tuple[Counter[str], float]:
    """Each question a thread of its own, after a first one that is not counted; CPU seconds of all sides of each."""
    bot = Bot(slack, core)
    with bot.queue:
        bot.ask(texts[0])
        before, spent = len(slack.calls()), time.process_time()
        for number in range(QUESTIONS):
            bot.ask(texts[number % len(texts)])
        used = (time.process_time() - spent) / QUESTIONS
        return Counter(call.method for call in slack.calls()[before:]), used


def _calls_of_zendesk(home: Path) -> None:
    home.mkdir()
    calls, answer = Counter[str](), Account.answer

    def counted(self: Account, request: Request) -> Response:
        calls[self.operation(request)] += 1
        return answer(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Account, "answer", counted)
        storm(home, TICKETS, weather=CALM)
    said = ", ".join(f"{name} {number / TICKETS:.1f}" for name, number in calls.most_common())
    print(f"Zendesk, a ticket: {calls.total() / TICKETS:.1f} requests: {said}")


def _stored(home: Path) -> None:
    """With DynamoDB behind the Slack worker: requests, and their units by the size of what was sent and came back."""
    seen: list[tuple[str, float]] = []
    with aws.account() as url, pytest.MonkeyPatch.context() as patch, (home.with_suffix(".log")).open("w+") as log:
        create_table(url, "answers")
        app = App(Settings(home=str(home), embedding_model="none", table="answers", aws_url=url, region=aws.REGION))
        app.ingest(DEMO / "help-center")
        core = SlackCore(app, Telemetry(stream=log))
        patch.setattr(Endpoint, "_send", _watching(vars(Endpoint)["_send"], seen))
        with Workspace(limits=False, echo=False) as slack:
            _asked(slack, core, ASKED)
        log.flush()
        logged = Path(log.name).stat().st_size
    share = QUESTIONS + 1
    units = {
        name: sum(units for action, units in seen if (action in READS) == read) / share
        for name, read in (("write", False), ("read", True))
    }
    said = ", ".join(f"{action} {number / share:.1f}" for action, number in Counter(a for a, _ in seen).most_common())
    print(f"DynamoDB, a question in Slack: {said}; {units['write']:.1f} write and {units['read']:.1f} read units")
    print(f"log and metrics: {logged / share / KILOBYTE:.1f} KB a question", flush=True)


def _watching(send: Callable[..., Any], seen: list[tuple[str, float]]) -> Callable[..., Any]:
    def watched(self: Any, request: AWSPreparedRequest) -> Any:
        response = send(self, request)
        target = request.headers.get("X-Amz-Target", b"")
        action = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        if action:
            body = json.loads(request.body if isinstance(request.body, bytes) else b"{}")
            seen.append((action, _units(action, body, len(response.content))))
        return response

    return watched


def _units(action: str, body: dict[str, Any], answered: int) -> float:
    """By what was sent and came back: a transaction counts twice, an index once more for what it has of an item."""
    if action in READS:
        return math.ceil(answered / READ) * (1.0 if body.get("ConsistentRead") else 0.5)
    actions = [each for item in body.get("TransactItems", [{action: body}]) for each in item.values()]
    twice = 2 if "TransactItems" in body else 1
    return sum(math.ceil(_size(each) / WRITTEN) * (twice + _indices(each)) for each in actions)


def _size(written: dict[str, Any]) -> int:
    return len(json.dumps(written.get("Item") or written.get("Key") or {}))


def _indices(written: dict[str, Any]) -> int:
    return sum(key in written.get("Item", {}) for key in INDEXED)


def _sent_to_a_model(home: Path) -> None:
    app = App(Settings(home=str(home), embedding_model="none"))
    app.ingest(DEMO / "help-center")
    model = BedrockAnswerModel(Converse("m"), Connection("us-east-1", None, 2, 10))
    texts = [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    sizes = [_characters(model, app, text) for text in texts]
    print(
        f"rules {len(RULES):,} characters; passages and question: median {median(sizes):,.0f}, mean {mean(sizes):,.0f}"
    )


def _characters(model: BedrockAnswerModel, app: App, text: str) -> int:
    question = app.question(text, asked_by=PersonId("ada"), channel="bench")
    found: Sequence[Passage] = app.index.search(text, None, audience=Audience.PUBLIC, limit=20).passages
    request = model._request(question, found[:8])
    assert asked(question)
    return len(json.dumps(request["messages"], ensure_ascii=False))


if __name__ == "__main__":
    measure()
