"""Record what a person thought of an answer, and show them that it is.

Clicks may arrive late, twice and in another order than they were made: the newest one counts.
"""

import time
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from integrations.slack import notices
from integrations.slack.calling import RefusedError, Slack
from integrations.slack.knowing import person
from integrations.slack.messages import Message
from integrations.slack.modals import Feedback
from integrations.slack.needs import Core
from integrations.slack.turns import KEPT, Turn, Turns
from integrations.slack.whispering import Ear, Whispering
from rag_core.domain import QuestionId
from rag_core.errors import RejectedError

HELPFUL, NOT_HELPFUL = "helpful", "not_helpful"


@dataclass(frozen=True, slots=True)
class Seen:
    """A person's last word on an answer."""

    at: float  # when it was said
    helpful: bool
    view: str = ""  # of the modal it came with


class Rating:
    """One rating a person and answer."""

    def __init__(self, core: Core, whispering: Whispering) -> None:
        self._core, self._whispering = core, whispering
        self._turns = Turns(core.records, core.claims)

    def click(self, value: str, team: str, ear: Ear, slack: Slack, *, at: str) -> None:
        """Raises RejectedError for a value that is none of ours."""
        verdict, _, named = value.partition(":")
        if verdict not in (HELPFUL, NOT_HELPFUL) or not named:
            raise RejectedError("this button is not one of a rating")
        helpful, when = verdict == HELPFUL, float(at)
        with self._turns.held(_turn(named, team, ear), slack.deadline):
            seen = self._seen(named, ear)
            if seen and seen.at >= when:
                return
            if not (seen and not seen.helpful and not helpful):  # a reason given once stays
                self._rate(named, team, ear, slack, helpful=helpful)
            else:
                self._confirm(ear, slack, helpful=helpful)
            self._keep(named, ear, Seen(when, helpful))

    def submit(self, feedback: Feedback, team: str, user: str, view: dict[str, str], slack: Slack) -> None:
        """What the modal asked for, of the click before it."""
        ear, when = Ear(feedback.channel, user, feedback.thread or None), _shown_at(view.get("hash", ""))
        named = feedback.question_id
        with self._turns.held(_turn(named, team, ear), slack.deadline):
            seen = self._seen(named, ear)
            if seen and (seen.view == view["id"] or (seen.helpful and seen.at > when)):
                return
            self._rate(named, team, ear, slack, helpful=False, reason=feedback.reason, comment=feedback.comment)
            self._keep(named, ear, Seen(max(when, seen.at if seen else 0.0), helpful=False, view=view["id"]))

    def _rate(
        self, named: str, team: str, ear: Ear, slack: Slack, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> None:
        try:
            self._core.rate(QuestionId(named), person(team, ear.user), helpful=helpful, reason=reason, comment=comment)
        except RejectedError:
            self._tell(ear, notices.rating_failed(), slack)
        else:
            self._confirm(ear, slack, helpful=helpful, reason=reason)

    def _confirm(self, ear: Ear, slack: Slack, *, helpful: bool, reason: str = "") -> None:
        self._tell(ear, notices.rated(helpful=helpful, reason=reason), slack)

    def _tell(self, ear: Ear, message: Message, slack: Slack) -> None:
        with suppress(RefusedError):  # the rating is recorded, whether that can be shown or not
            self._whispering.tell(ear, message, slack)

    def _seen(self, named: str, ear: Ear) -> Seen | None:
        record = self._core.records.get(_group(named), ear.user)
        return msgspec.json.decode(record.value, type=Seen) if record else None

    def _keep(self, named: str, ear: Ear, seen: Seen) -> None:
        self._core.records.put(_group(named), ear.user, msgspec.json.encode(seen), ttl=KEPT)


def _group(named: str) -> str:
    return f"slack-rating#{named}"


def _turn(named: str, team: str, ear: Ear) -> Turn:
    """What is claimed while one person's rating of one answer is worked on."""
    return Turn(team, ear.channel, "", f"rate#{named}#{ear.user}", QuestionId(named), ear.user, since="0")


def _shown_at(version: str) -> float:
    """When a modal was last drawn: its hash begins with that. It was opened by the click before it."""
    seconds = version.partition(".")[0]
    return float(seconds) if seconds.isdigit() else time.time()
