"""What a person does on the page, done in the simulated Slack; gives what is on their screen then."""

import json
from collections.abc import Callable
from dataclasses import replace

from starlette.datastructures import FormData, UploadFile

from bot.local.slackview.fields import entered
from bot.local.slackview.office import Office
from bot.local.slackview.visiting import Visit
from bot.local.slackview.wording import mentions_app, written
from bot.local.workspace.interactions import NoSuchElementError
from bot.local.workspace.nouns import Message, View
from bot.local.workspace.parcels import Reply
from rag_core.errors import RejectedError, UnavailableError

SUPPORT, SUPPORTBOT = "/support", "/supportbot"
SHORTCUT = "answer_message"  # as the manifest names it
LONGEST = 12_000  # characters: what Slack's own field takes


class Acting:
    """Raises RejectedError where that cannot be done, with a sentence for the person."""

    def __init__(self, office: Office) -> None:
        self._office, self._slack = office, office.slack
        self._acts: dict[str, Callable[[Visit, FormData], Visit]] = {
            "say": self._say,
            "press": self._press,
            "answer": self._answer,
            "submit": self._submit,
            "close": self._close,
            "stop": self._stop,
        }

    def do(self, act: str, visit: Visit, form: FormData) -> Visit:
        if act not in self._acts:
            raise RejectedError("there is nothing of that kind to do here")
        try:
            return self._acts[act](visit, form)
        except NoSuchElementError as error:
            raise RejectedError(f"Slack does not do that: {error}") from error

    def _say(self, visit: Visit, form: FormData) -> Visit:
        text = (_text(form, "example") or _text(form, "text")).replace("\r\n", "\n").strip()
        files = _files(form)
        if visit.channel is None or not (text or files):
            raise RejectedError("write a message first")
        if len(text) > LONGEST:
            raise RejectedError(f"Slack takes {LONGEST:,} characters, this has {len(text):,}: shorten it")
        if text.startswith("/"):
            return self._command(visit, text)
        said = written(self._office, text)
        message = self._slack.say(visit.channel, visit.person, said, thread=visit.thread, files=files)
        opens = visit.is_direct or mentions_app(self._office, said) or self._is_automatic(visit)
        return replace(visit, thread=message) if opens and not visit.thread else visit

    def _is_automatic(self, visit: Visit) -> bool:
        place = self._office.places.get(visit.channel.id) if visit.channel else None
        return bool(place and place.settings and place.settings.automatic)

    def _command(self, visit: Visit, text: str) -> Visit:
        name, _, rest = text.partition(" ")
        if visit.thread:
            raise RejectedError("Slack takes no commands in threads: type it in the channel's own field")
        if name not in (SUPPORT, SUPPORTBOT):
            raise RejectedError(f"there is no command {name[:60]} here: there are {SUPPORT} and {SUPPORTBOT}")
        assert visit.channel is not None  # noqa: S101 - what is written is written in one
        _heard(self._slack.command(visit.person, visit.channel, name, written(self._office, rest.strip())))
        return visit

    def _press(self, visit: Visit, form: FormData) -> Visit:
        action_id, value = _pressed(_text(form, "press"))
        where = self._message(visit, _text(form, "message")) if visit.channel else self._home(visit)
        _heard(self._slack.click(visit.person, where, action_id, value))
        if isinstance(where, Message) and value and _is_thumb(where, value):
            self._office.thumbs[visit.person.id, where.ts] = value
        return visit

    def _answer(self, visit: Visit, form: FormData) -> Visit:
        message = self._message(visit, _text(form, "message"))
        _heard(self._slack.shortcut(visit.person, message, SHORTCUT))
        return visit

    def _submit(self, visit: Visit, form: FormData) -> Visit:
        view = self._modal(visit, form)
        reply = self._slack.submit(visit.person, view, entered(view, form))
        _heard(reply)
        answer = reply.json()
        self._office.complaints[view.id] = answer.get("errors", {})
        return visit

    def _close(self, visit: Visit, form: FormData) -> Visit:
        view = self._modal(visit, form)
        self._office.complaints.pop(view.id, None)
        self._slack.close(visit.person, view)
        return visit

    def _stop(self, visit: Visit, _form: FormData) -> Visit:
        if visit.channel is None or visit.thread is None:
            raise RejectedError("there is nothing to stop")
        _heard(self._slack.stop(visit.person, visit.channel, visit.thread))
        return visit

    def _message(self, visit: Visit, ts: str) -> Message:
        """In the open channel, or for this person's eyes there."""
        if visit.channel is not None:
            whispers = self._slack.whispers(visit.person, visit.channel)
            for found in (visit.channel.messages.get(ts), *whispers):
                if found is not None and found.ts == ts:
                    return found
        raise NoSuchElementError("that message is gone")

    def _home(self, visit: Visit) -> View:
        found = self._slack.home(visit.person)
        if found is None:
            raise NoSuchElementError("the Home tab is not there yet")
        return found

    def _modal(self, visit: Visit, form: FormData) -> View:
        found = self._slack.modal(visit.person)
        if found is None or found.id != _text(form, "view"):
            raise NoSuchElementError("that window is closed already")
        return found


def _heard(reply: Reply) -> None:
    if not reply.accepted:
        raise UnavailableError(f"the app did not take it ({reply.status or 'no answer'}): try again")


def _pressed(given: str) -> tuple[str, str | None]:
    """A button as the page names it: its action and its value."""
    try:
        action_id, value = json.loads(given)
    except ValueError as error:
        raise RejectedError("that is no button of this page") from error
    return str(action_id), None if value is None else str(value)


def _is_thumb(message: Message, value: str) -> bool:
    elements = (each for block in message.blocks for each in block.get("elements", ()))
    pairs = (each for each in elements if each.get("type") == "feedback_buttons")
    return any(value in (each["positive_button"]["value"], each["negative_button"]["value"]) for each in pairs)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\0", "") if isinstance(value, str) else ""


def _files(form: FormData) -> dict[str, bytes]:
    """What was chosen; an empty field is a file without a name."""
    found = (each for each in form.getlist("file") if isinstance(each, UploadFile) and each.filename)
    return {str(each.filename): each.file.read() for each in found}
