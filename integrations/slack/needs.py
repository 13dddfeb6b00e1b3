"""What this adapter takes of those who build it in.

Protocols and their nouns only: every other module of the adapter is written against these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from rag_core.domain import (
    Answer,
    Audience,
    Citation,
    Deadline,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
)
from rag_core.ports import Claims, FeedbackLog, Records
from rag_core.runs import RunRecord

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from integrations.slack.calling import Slack
    from integrations.slack.modals import ChannelSettings

CHANNEL = "slack"  # of every question asked here

OnStage = Callable[[str], None]
OnText = Callable[[str, tuple[Citation, ...]], None]


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days, as App Home shows them; a share is None where there is nothing to divide by."""

    questions: int
    answered_share: float | None
    helpful_share: float | None
    gaps: tuple[str, ...] | None  # a question of each, the largest gap first; None: not for one workspace's admins
    last_run: RunRecord | None
    budget: str = ""  # how much of the month's is spent, in words; empty: there is none


class Core(Protocol):
    """The product, as far as a channel sees it."""

    @property
    def log(self) -> FeedbackLog: ...

    @property
    def claims(self) -> Claims: ...

    @property
    def records(self) -> Records: ...

    def question(
        self,
        text: str,
        *,
        id: QuestionId,  # noqa: A002 - derived from where it was asked: asked again it is the same question
        audience: Audience,
        asked_by: PersonId,
        channel: str,
        sources: frozenset[SourceName] | None = None,
        previous: QuestionId | None = None,
    ) -> Question:
        """Raises RejectedError when `previous` is unknown or was asked for other readers."""

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline) -> Answer:
        """The answer, recorded in the log; its text was given to `on_text` part by part."""

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        """One rating a person and answer: a later one replaces it. Raises RejectedError for an unknown question."""

    def knowledge_as_of(self) -> datetime | None:
        """When the index was last brought up to date."""

    def week(self) -> Week: ...

    def sources(self, audience: Audience) -> Mapping[SourceName, int]:
        """How many documents of each source answer these readers."""

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        """A question will not be answered, and whoever asked was told so, with its id: now the operator is told.

        `quoting` is what a person wrote, which no log may show.
        """


class HumanDesk(Protocol):
    """Where people answer what the documents do not."""

    def open(self, *, question_id: QuestionId, subject: str, transcript: str, asked_by: str) -> str:
        """The address of the ticket; the same ticket for the same question, however often it is opened."""


class Calls(Protocol):
    """Slack's Web API as one workspace, while one event is worked on.

    `slack.call(slack.client.conversations_info, channel=...)`: a method of the SDK's client, and what it takes.
    Both wait as long as Slack asks to when it is called too often, where the deadline allows that. They raise
    RefusedError for what Slack refuses, with its code; MisconfiguredError where the token is at fault; and
    UnavailableError.
    """

    @property
    def client(self) -> "WebClient": ...

    @property
    def deadline(self) -> Deadline: ...

    @property
    def bot_user(self) -> str: ...

    def call(self, method: "Callable[..., SlackResponse]", **arguments: Any) -> dict[str, Any]:
        """A read, or a write that may be repeated: it is, where its response was lost."""

    def once(self, method: "Callable[..., SlackResponse]", **arguments: Any) -> dict[str, Any]:
        """A write that must not be repeated. Raises LostError where it cannot be told whether it was done."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked, and by whom: what decides who may read the answer."""

    team: str  # the workspace that the app answers in
    channel: str
    user: str
    user_team: str  # the person's own; another than `team` for a guest from elsewhere
    shared: bool = False  # Slack said with the event that others than the workspace's people read here


@dataclass(frozen=True, slots=True)
class Scope:
    """What a place may be told."""

    audience: Audience = Audience.PUBLIC
    sources: frozenset[SourceName] | None = None  # None: all
    automatic: bool = False  # every top-level question is answered, unasked


class Access(Protocol):
    """Who may read what, and who may run this. Where it cannot be told: the public's share, and nobody."""

    def scope(self, place: Place, slack: Calls) -> Scope: ...

    def is_automatic(self, team: str, channel: str) -> bool:
        """Whether top-level messages are to be looked at, by what is configured alone: asked for each message."""

    def is_admin(self, team: str, user: str, slack: Calls) -> bool: ...

    def changed(self, team: str, about: Mapping[str, Any]) -> None:
        """Slack says that something about a person is new: what was remembered of them is forgotten."""

    def channels(self, team: str) -> "tuple[ChannelSettings, ...]":
        """What is configured, for an admin's App Home."""

    def settle(
        self, team: str, user: str, settings: "ChannelSettings", slack: Calls, *, at: float | None = None
    ) -> bool:
        """Keep what was submitted `at` (now) with the modal `channel_settings`, unless something newer is kept.

        False where the person is no admin.
        """


class Quotas(Protocol):
    """How much a person and a workspace may ask."""

    def admit(self, team: str, user: str, question_id: QuestionId) -> str | None:
        """None, or a kind sentence that says when to come again; a question that was admitted once stays admitted."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command for admins, as it was typed; what it answers goes to `response_url`."""

    team: str
    channel: str
    user: str
    text: str
    response_url: str
    trigger: str  # the same however often it is delivered
    typed: datetime | None = None  # when; None: now


class Commands(Protocol):
    """`/supportbot ...`."""

    def handle(self, command: Command, slack: "Slack") -> None: ...


class Installations(Protocol):
    """Of the app, in one workspace or in several."""

    def token(self, team: str, enterprise: str | None) -> "Installed":
        """Raises MisconfiguredError where the app is not installed there (any more)."""

    def refused(self, team: str, enterprise: str | None) -> None:
        """Slack did not accept the token: it is not given again without a look at what is stored."""

    def revoked(self, team: str, enterprise: str | None, event: Mapping[str, Any]) -> None:
        """`app_uninstalled` or `tokens_revoked`."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What is needed to act in a workspace; with `bot_user` empty Slack is asked who we are."""

    token: str
    bot_user: str = ""
    bot: str = ""

    def __repr__(self) -> str:
        return f"Installed(bot_user={self.bot_user!r})"  # the token is in no log
