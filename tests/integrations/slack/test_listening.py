"""What stands around the listeners: nothing is swallowed, nothing is unheard of, nothing is written into a log."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from integrations.slack.listening import SlackWorker
from integrations.slack.needs import Command, Installed
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from tests.integrations.slack.office import Office, office, words

CANARY = "canary-4711"


def work(here: Office, payload: dict[str, Any], *, last: bool = False) -> None:
    here.worker.work(json.dumps({"team_id": here.slack.team.id, **payload}), Deadline.within(20), last)


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event": {"type": "app_context_changed"}},
        {"type": "event_callback", "event": {"type": "reaction_added", "user": "U1"}},
        {"type": "event_callback", "event": {"type": "app_uninstalled"}},
        {"type": "event_callback", "event": {"type": "tokens_revoked", "tokens": {"bot": ["U1"]}}},
        {"type": "block_actions", "actions": [{"action_id": "unknown", "block_id": "b"}], "user": {"id": "U1"}},
        {"type": "block_actions", "actions": [{"action_id": "open_channel_settings", "block_id": "b"}]},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "unknown", "id": "V1"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "unknown", "id": "V1"}},
        {"type": "message_action", "callback_id": "unknown"},
        {"type": "shortcut", "callback_id": "unknown"},
        {"command": "/unknown", "text": ""},
        {
            "command": "/supportbot",
            "text": "",
            "channel_id": "C1",
            "user_id": "U1",
            "response_url": "",
            "trigger_id": "1",
        },
        {"type": "something_new"},
    ],
)
def test_what_nobody_listens_to_is_taken(here: Office, payload: dict[str, Any]) -> None:
    work(here, payload)


@pytest.mark.parametrize("event", ["[]", "3", '"text"'])
def test_what_is_no_event_is_refused(here: Office, event: str) -> None:
    with pytest.raises(RejectedError):
        here.worker.work(event, Deadline.within(20), False)


def test_an_error_in_a_listener_is_not_swallowed(here: Office) -> None:
    with pytest.raises(UnavailableError) as raised:
        work(here, {"type": "block_actions", "actions": [{"action_id": "rate", "block_id": "b"}], "user": {"id": "U1"}})
    assert isinstance(raised.value.__cause__, KeyError)


def test_an_error_before_the_listeners_is_not_swallowed(here: Office) -> None:
    class Nowhere:
        def token(self, team: str, enterprise: str | None) -> Installed:
            raise MisconfiguredError("the app is not installed there")

        def refused(self, team: str, enterprise: str | None) -> None: ...

        def revoked(self, team: str, enterprise: str | None, event: object) -> None: ...

    here.worker = SlackWorker(here.core, Nowhere(), here.access, base_url=here.slack.url)
    with pytest.raises(MisconfiguredError):
        work(here, {"type": "event_callback", "event": {"type": "app_mention"}})


def test_a_workspace_that_lets_us_go_is_told_on(here: Office) -> None:
    gone: list[tuple[str, str]] = []

    class Store:
        def token(self, team: str, enterprise: str | None) -> Installed:
            raise AssertionError

        def refused(self, team: str, enterprise: str | None) -> None: ...

        def revoked(self, team: str, enterprise: str | None, event: Any) -> None:
            gone.append((team, event["type"]))

    here.worker = SlackWorker(here.core, Store(), here.access, base_url=here.slack.url)
    here.slack.uninstall(here.slack.team)
    here.work()
    assert sorted(gone) == [(here.slack.team.id, "app_uninstalled"), (here.slack.team.id, "tokens_revoked")]


def test_the_environment_changes_nothing(here: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Bolt looks there for tokens, and for OAuth, which would drop ours."""
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "xoxb-other")
    monkeypatch.setenv("HOME", str(tmp_path))
    here.worker = here.hire()
    asked = here.mention("how?")
    here.work()
    here.only(asked)


def test_a_command_for_admins_reaches_who_does_it(tmp_path: Path) -> None:
    given: list[Command] = []

    class Commands:
        def handle(self, command: Command, slack: object) -> None:
            given.append(command)

    with office(tmp_path, commands=Commands()) as here:
        here.slack.command(here.ada, here.help, "/supportbot", "status")
        here.work()
        [command] = given
        assert (command.text, command.user, command.channel) == ("status", here.ada.id, here.help.id)
        assert command.response_url.startswith(here.slack.origin)


def test_slack_is_asked_once_who_we_are(here: Office) -> None:
    for _ in range(3):
        here.mention("how?")
    here.work()
    assert len(here.slack.calls("auth.test")) == 1


def test_nothing_that_people_write_is_logged(here: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)
    here.worker = here.hire()
    here.core.parts = (f"{CANARY} one. ", "two. ", "x" * 600, f"{CANARY} [1]")
    here.ada.name = f"Ada {CANARY}"
    here.slack.faults.fail("chat.update", status=500)
    here.slack.faults.error("agents.sessions.setStatus", "invalid_arguments")
    asked = here.mention(f"{CANARY}?", files={f"{CANARY}.txt": CANARY.encode()})
    here.work()
    reply = here.replies(asked)[0]
    here.slack.click(here.ada, reply, "rate", f"not_helpful:{here.core.asked[0].id}")
    modal = here.slack.modal(here.ada)
    assert modal
    here.slack.submit(here.ada, modal, {"reason": "wrong", "comment": CANARY})
    here.slack.command(here.ada, here.help, "/support", CANARY)
    here.slack.shortcut(here.ada, asked, "answer_message")
    here.work()
    here.core.error = UnavailableError("down")
    failed = here.mention(f"again {CANARY}?")
    here.work()
    assert here.core.failures[0][0] in words(here.only(failed))
    ours = [record for record in caplog.records if not record.name.startswith(("asyncio", "uvicorn"))]
    said = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours)
    for secret in (CANARY, here.slack.token, here.slack.signing_secret, here.ada.name):
        assert secret not in said
