"""What fails, and how: each part's own fake does it, and a stall is time that passes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.local.account.account import Account
from bot.local.account.faults import Kind
from bot.local.workspace.workspace import Workspace
from tests.fakes.bedrock.process import BedrockProcess
from tests.fakes.opensearch.process import OpenSearchProcess
from tests.outages.watching import ANSWER, EMBEDDING, REDIS, SEARCH, SLACK, ZENDESK, Watch
from tests.services.redis import Server

RETRY_AFTER = 30.0  # seconds that Slack and Zendesk name with a 429
NONE = "none"
STALL, RESET, LIMIT, HALF, AWAY, FAIL = "stall", "reset", "429", "half a response", "away", "503"
KINDS: Mapping[str, tuple[str, ...]] = {
    EMBEDDING: (STALL, RESET, LIMIT),
    ANSWER: (STALL, RESET, LIMIT, HALF),
    SEARCH: (STALL, RESET, LIMIT),
    REDIS: (AWAY, STALL),
    SLACK: (FAIL, LIMIT),
    ZENDESK: (FAIL, LIMIT),
}
OPERATIONS = {EMBEDDING: "InvokeModel", ANSWER: "ConverseStream"}


@dataclass(frozen=True)
class Parts:
    """The fakes, and a real Redis."""

    bedrock: BedrockProcess
    opensearch: OpenSearchProcess
    redis: Server
    slack: Workspace
    zendesk: Account
    watch: Watch

    def fail(self, part: str, kind: str) -> None:
        """Every request to it, from now on."""
        if kind == STALL and part != REDIS:
            self.watch.stalled = part
        else:
            self._ways(kind)[part]()

    def heal(self) -> None:
        self.watch.stalled = ""
        self.bedrock.reset()
        self.opensearch.do("answer")
        self.redis.heal()
        self.slack.faults.clear()
        self.zendesk.faults.clear()

    def _ways(self, kind: str) -> dict[str, Callable[[], None]]:
        return {
            EMBEDDING: lambda: self._bedrock(EMBEDDING, kind),
            ANSWER: lambda: self._bedrock(ANSWER, kind),
            SEARCH: lambda: self.opensearch.do("throttle" if kind == LIMIT else kind),
            REDIS: self.redis.kill if kind == AWAY else self.redis.pause,
            SLACK: lambda: self._slack(kind),
            ZENDESK: lambda: self._zendesk(kind),
        }

    def _bedrock(self, part: str, kind: str) -> None:
        with_ = {RESET: "reset", LIMIT: "ThrottlingException", HALF: "close"}[kind]
        more = {"midway": True, "after_events": 2} if kind == HALF else {}
        self.bedrock.fail(OPERATIONS[part], with_=with_, times=None, **more)

    def _slack(self, kind: str) -> None:
        if kind == LIMIT:
            self.slack.faults.limit("*", None, retry_after=RETRY_AFTER)
        else:
            self.slack.faults.fail("*", None, status=503)

    def _zendesk(self, kind: str) -> None:
        limited = kind == LIMIT
        how, value = (Kind.LIMIT, RETRY_AFTER) if limited else (Kind.FAIL, 503)
        self.zendesk.faults.add(how, "*", None, value=value)
