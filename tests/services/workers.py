"""How tests are spread over the workers of pytest-xdist: what belongs together stays on one of them.

A file's tests share what its fixtures made. The files that use the OpenSearch node share a worker, so that it starts
once a session; every other service starts in moments, once a worker.
"""

import gc
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.services.lacking import LACKING

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

# By its text, as the process that hands out tests collects none; `--dist loadgroup` loses its groups on pytest 9.2:
# https://github.com/pytest-dev/pytest-xdist/issues/1386. A file that slips through is told so by `opensearch_node`.
NODE = re.compile(r"\b(opensearch_node|opensearch_url|index_prefix): ")
# What takes longest begins first, or one worker ends minutes after the others; their order is all that hangs on this.
LONGEST = (
    "tests/infra/test_packaging.py",
    "tests/infra/test_whole_deployment.py",
    "tests/rag_core/backends/test_opensearch.py",
    "tests/rag_core/backends/test_dynamodb.py",
    "tests/bot/local/slackview/test_browser.py",
    "tests/bot/test_cli.py",
    "tests/bot/local/test_browser.py",
    "tests/integrations/slack/test_hostile_sets.py",
    "tests/rag_core/extracting/test_isolating.py",
    "tests/integrations/slack/test_storm.py",
)


class Units(LoadFileScheduling):  # type: ignore[misc]  # xdist states no types
    """A worker is given a file at a time, or all that use the node."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "the node" if uses_node(self.config.rootpath / file) else file


@cache
def uses_node(file: Path) -> bool:
    """A fixture of its folder may ask for it as well."""
    both = (file, file.parent / "conftest.py")
    return any(NODE.search(each.read_text("utf-8")) for each in both if each.exists())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Units | None:
    return Units(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        order = {config.rootpath / file: place for place, file in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_collection_finish() -> None:
    gc.freeze()  # what the tests' modules are made of: collecting garbage looked through all of it again and again


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["lacking"] = list(LACKING)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: "WorkerController") -> None:
    """Of a worker that crashed nothing is known."""
    LACKING.update(dict.fromkeys(getattr(node, "workeroutput", {}).get("lacking", ())))
