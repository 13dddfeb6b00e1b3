"""Nobody is left without a word: what fails for good is told to whoever asked for it, by whichever way is open.

For good: it was delivered for the last time, or will be refused as often as it is delivered.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from integrations.slack import notices
from integrations.slack.asking import apology
from integrations.slack.calling import LostError, RefusedError, Slack
from integrations.slack.messages import Message
from integrations.slack.needs import Core
from integrations.slack.turns import question_id
from integrations.slack.whispering import Ear, Whispering
from rag_core.domain import QuestionId
from rag_core.errors import HeldError, MisconfiguredError, RejectedError, SupportBotError

WRITTEN = ("text", "value")  # fields of Slack's that hold what a person wrote

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits for something, and how it is called in a report."""

    named: QuestionId
    ear: Ear
    answer: bool = False  # what they wait for


class Apologising:
    """What stands around every listener."""

    def __init__(self, core: Core, whispering: Whispering) -> None:
        self._core, self._whispering = core, whispering

    @contextmanager
    def within(self, body: Body, team: str, slack: Callable[[], Slack], *, last: bool) -> Iterator[None]:
        """Raises what was raised where it is to be delivered again, where nobody waits, or where none can be told."""
        try:
            yield
        except HeldError:  # whoever is at it tells
            raise
        except Exception as error:
            waiting = waiting_for(body, team)
            if waiting is None or not (last or isinstance(error, RejectedError | MisconfiguredError)):
                raise
            if isinstance(error, LostError) and waiting.answer and "event" in body:
                raise  # in its thread stands what is to be gone on with, once Slack is there again
            with suppress(SupportBotError):
                self._tell(waiting, _sentence(error, waiting), slack().afresh(), last=last)
                self._core.failed(waiting.named, error, tuple(written(body)))
                return
            raise

    def _tell(self, waiting: Waiting, message: Message, slack: Slack, *, last: bool) -> None:
        """A token that is refused now may be a new one with the next delivery: only the last does without it."""
        ear = waiting.ear

        def whisper(*, by_url: bool) -> None:
            if not ear.channel and not ear.response_url:
                raise RefusedError("channel_not_found")
            self._whispering.tell(ear, message, slack, by_url=by_url)

        ways: list[Callable[[], object]] = [
            lambda: whisper(by_url=last),
            lambda: whisper(by_url=not last),
            lambda: slack.once(slack.client.chat_postMessage, channel=ear.user, **message.payload()),
        ]
        for way in ways[:-1]:
            try:
                way()
            except MisconfiguredError:
                if not last:
                    raise
            except SupportBotError:
                continue
            else:
                return
        ways[-1]()


def _sentence(error: Exception, waiting: Waiting) -> Message:
    if waiting.answer or (isinstance(error, RejectedError) and not isinstance(error, RefusedError)):
        return apology(error, waiting.named)
    return notices.not_done(waiting.named)


def waiting_for(body: Body, team: str) -> Waiting | None:
    """None where nobody does, such as for a message that is perhaps not for us."""
    event = body.get("event")
    if isinstance(event, Mapping):
        return _of_event(event, team)
    user = body.get("user_id") or (body.get("user") or {}).get("id")
    if not user:
        return None
    if body.get("command"):
        channel = str(body.get("channel_id", ""))
        named = question_id(team, channel, str(body.get("trigger_id", "")))
        return Waiting(named, Ear(channel, user, None, body.get("response_url") or ""), body["command"] == "/support")
    actions = body.get("actions") or [{}]
    about = body.get("action_ts") or actions[0].get("action_ts") or (body.get("view") or {}).get("id") or ""
    return Waiting(question_id(team, user, str(about)), ear_of(body), body.get("type") == "message_action")


def _of_event(event: Body, team: str) -> Waiting | None:
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    is_question = event.get("type") == "app_mention" or event.get("channel_type") == "im"
    if is_question and user and event.get("ts"):
        named = question_id(team, channel, str(event["ts"]))
        return Waiting(named, Ear(channel, user, event.get("thread_ts")), answer=True)
    if event.get("type") == "app_home_opened" and event.get("tab") == "home" and user:
        return Waiting(question_id(team, user, str(event.get("event_ts", ""))), Ear("", user))
    return None


def ear_of(body: Body) -> Ear:
    """Whoever clicked or submitted something."""
    container, message = body.get("container") or {}, body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    thread = message.get("thread_ts") or container.get("thread_ts")
    return Ear(channel, body["user"]["id"], thread, body.get("response_url") or "")


def written(found: object) -> Iterator[str]:
    """What a person wrote, wherever it is in what Slack sent."""
    waiting: list[tuple[str, object]] = [("", found)]
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, str):
            if name in WRITTEN:
                yield each
        elif isinstance(each, Mapping):
            waiting.extend(each.items())
        elif isinstance(each, list):
            waiting.extend((name, one) for one in each)
