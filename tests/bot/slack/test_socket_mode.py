"""From the settings to the thread by Socket Mode, on one machine."""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.app import App
from bot.commands.slack import run
from bot.local.slacking import answering
from bot.local.socketing import Socket
from bot.local.workspace.nouns import Team
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.domain import QuestionId
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.api.asking import REFUND
from tests.bot.slack.desk import Help, settings, until, values
from tests.integrations.slack.sending import Door, command, mention
from tests.integrations.slack.several import BACK, KEY


@pytest.fixture
def answered(team: Workspace, home: Path) -> Iterator[StringIO]:
    """While it lasts the bot answers by Socket Mode; its log."""
    log = StringIO()
    team.use_sockets()
    with answering(App(settings(home, team)), log):
        yield log


def test_by_socket_mode_a_mention_is_answered_once_in_its_thread(help_: Help, answered: StringIO) -> None:
    question = help_.ask()
    assert "thirty days" in help_.answer(question).text
    lines = [json.loads(line) for line in answered.getvalue().splitlines()]
    assert [(line["message"], line["channel"]) for line in lines] == [("answered", "slack")]
    assert "refund" not in answered.getvalue()


def test_by_socket_mode_not_helpful_asks_why_and_both_are_recorded(help_: Help, answered: StringIO, home: Path) -> None:
    reply = help_.answer(help_.ask())
    value = next(found for found in values(reply.blocks) if found.startswith("not_helpful:"))
    help_.slack.click(help_.ada, reply, "rate", value)
    modal = help_.slack.modal(help_.ada)
    assert modal is not None
    log, rated = App(settings(home, help_.slack)).log, QuestionId(value.partition(":")[2])
    until(lambda: log.answer(rated).ratings)
    help_.slack.submit(help_.ada, modal, {"reason": "outdated", "comment": "It is sixty now, says Zoe."})
    until(lambda: log.answer(rated).ratings[0].reason)
    assert [(each.helpful, each.reason) for each in log.answer(rated).ratings] == [(False, "outdated")]
    told = [json.loads(line) for line in answered.getvalue().splitlines() if '"rated"' in line]
    assert [(line["helpful"], line["changed"], line["channel"]) for line in told] == [(False, False, "slack")] * 2
    assert "Zoe" not in answered.getvalue()


@pytest.mark.usefixtures("answered")
def test_by_socket_mode_commands_are_answered_to_one_person(help_: Help) -> None:
    reply = help_.slack.command(help_.ada, help_.channel, "/support", REFUND)
    assert b"Looking for an answer" in reply.body
    help_.slack.wait_for(lambda: any("thirty days" in each.text for each in help_.slack.whispers(help_.ada)))
    help_.slack.command(help_.ada, help_.channel, "/supportbot", "status")
    help_.slack.wait_for(lambda: any("ingested" in each.text for each in help_.slack.whispers(help_.ada)))
    assert help_.slack.messages(help_.channel) == []


@pytest.mark.usefixtures("answered")
def test_an_ingestion_asked_for_in_slack_is_done_and_told(help_: Help) -> None:
    help_.slack.command(help_.ada, help_.channel, "/supportbot", "reingest public")
    direct = help_.slack.direct(help_.ada)
    help_.slack.wait_for(lambda: any("unchanged" in json.dumps(each.blocks) for each in help_.slack.messages(direct)))


def test_the_command_says_who_it_is_and_ends(help_: Help, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    help_.slack.use_sockets()
    ended = threading.Event()
    running = threading.Thread(target=run, args=(App(settings(home, help_.slack)), ended))
    running.start()
    try:
        assert help_.slack.sockets.await_connected(20)
        help_.answer(help_.ask())
    finally:
        ended.set()
        running.join(20)
    assert not running.is_alive()
    assert f"answering in Slack as @supportbot in {help_.slack.team.name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"slack_bot_token": ""}, "SLACK_BOT_TOKEN is not set: it begins with xoxb-"),
        ({"slack_app_token": ""}, "SLACK_APP_TOKEN is not set: it begins with xapp-"),
        ({"slack_bot_token": "xapp-1-canary"}, "SLACK_BOT_TOKEN is wrong: it begins with xoxb-"),
        ({"slack_app_token": "xoxb-canary"}, "SLACK_APP_TOKEN is wrong: it begins with xapp-"),
        ({"slack_bot_token": "xoxb-canary\nx"}, "SLACK_BOT_TOKEN is wrong"),
        ({"slack_bot_token": "xoxb-canary"}, "does not take SUPPORTBOT_SLACK_BOT_TOKEN: it is not valid"),
        ({"slack_app_token": "xapp-canary"}, "does not take SUPPORTBOT_SLACK_APP_TOKEN: it is not valid"),
    ],
)
def test_a_wrong_token_is_named_with_what_to_do_and_not_quoted(
    team: Workspace, home: Path, more: Mapping[str, str], said: str
) -> None:
    team.use_sockets()
    with (
        pytest.raises(MisconfiguredError, match=said) as caught,
        answering(App(settings(home, team, **more)), StringIO()),
    ):
        raise AssertionError("it has started")
    assert "canary" not in str(caught.value)


def test_a_slack_that_is_not_there_is_said(home: Path, team: Workspace) -> None:
    stated = settings(home, team, slack_url="http://127.0.0.1:9/api/")
    with pytest.raises(UnavailableError, match="cannot be reached at"), answering(App(stated), StringIO()):
        raise AssertionError("it has started")


class Line:
    """Slack's end of the WebSocket."""

    def __init__(self, error: Exception | None = None) -> None:
        self.acknowledged: list[tuple[str, object]] = []
        self._error = error

    def send_socket_mode_response(self, response: SocketModeResponse) -> None:
        if self._error:
            raise self._error
        self.acknowledged.append((response.envelope_id, response.payload))


@pytest.mark.parametrize(
    ("payload", "error", "acknowledged", "told"),
    [
        ({"canary": 1}, None, True, "malformed"),  # it would be rejected each time
        (mention(), UnavailableError("the bot is stopping"), False, "queue"),  # Slack sends it again
        (mention("canary"), KeyError("canary"), False, "internal"),
        (mention(), None, True, ""),
    ],
)
def test_an_envelope_is_acknowledged_once_nothing_of_it_can_be_lost(
    payload: dict[str, Any], error: Exception | None, acknowledged: bool, told: str
) -> None:
    log, line, door = StringIO(), Line(), Door()
    door.queue.error = error
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    socket = Socket("xapp-1", door.desk, telemetry, door.url)
    socket.received(cast(Any, line), SocketModeRequest("events_api", "E1", payload))
    socket.__exit__()
    assert line.acknowledged == ([("E1", None)] if acknowledged else [])
    assert [json.loads(each)["code"] for each in log.getvalue().splitlines()] == ([told] if told else [])
    assert "canary" not in log.getvalue()


def test_an_acknowledgement_that_is_lost_is_told(caplog: pytest.LogCaptureFixture) -> None:
    log, door = StringIO(), Door()
    socket = Socket("xapp-1", door.desk, Telemetry(stream=log, plain=True, metrics=False), door.url)
    socket.received(
        cast(Any, Line(SlackClientNotConnectedError("canary"))), SocketModeRequest("events_api", "E1", mention())
    )
    socket.__exit__()
    assert json.loads(log.getvalue())["code"] == "connection"
    assert "canary" not in log.getvalue() + caplog.text


def test_what_a_command_is_answered_at_once_goes_with_its_acknowledgement() -> None:
    line, door = Line(), Door()
    socket = Socket("xapp-1", door.desk, Telemetry(plain=True, metrics=False), door.url)
    request = SocketModeRequest("slash_commands", "E1", command(), accepts_response_payload=True)
    socket.received(cast(Any, line), request)
    socket.__exit__()
    assert line.acknowledged == [
        ("E1", {"response_type": "ephemeral", "text": "Looking for an answer. Only you will see it."})
    ]


def test_it_ends_also_as_a_session_begins(team: Workspace) -> None:
    team.use_sockets()
    opened = Socket(team.app.app_token, Door().desk, Telemetry(plain=True, metrics=False), team.url)
    beginning, slow = threading.Event(), logging.Logger("slow", logging.INFO)

    def begin(record: logging.LogRecord) -> bool:
        """The SDK says so after it has seen a session, and before it takes back that one is to end."""
        if record.funcName == "_run_current_session" and not beginning.is_set():
            beginning.set()
            while not opened._client.current_session_state.terminated:
                time.sleep(0.001)
        return False

    def pass_through() -> None:
        with opened:
            beginning.wait(20)

    slow.addFilter(begin)
    opened._client.logger = slow
    passing = threading.Thread(target=pass_through, daemon=True)
    passing.start()
    passing.join(20)
    assert beginning.is_set()
    assert not passing.is_alive()


@pytest.mark.usefixtures("answered")
def test_a_connection_that_slack_ends_is_opened_again(help_: Help) -> None:
    for _ in range(2):
        help_.slack.sockets.disconnect()
        assert help_.slack.sockets.await_connected(20)
        assert "thirty days" in help_.answer(help_.ask()).text


def test_what_waits_at_the_end_is_answered_first(help_: Help, home: Path) -> None:
    help_.slack.use_sockets()
    with answering(App(settings(home, help_.slack)), StringIO()):
        asked = [help_.ask(f"{REFUND} ({number})") for number in range(5)]
    replies = [each for question in asked for each in help_.slack.thread(question) if each.user == help_.slack.bot.id]
    assert ["thirty days" in each.text and not each.grows for each in replies] == [True] * 5


def oauth(home: Path, slack: Workspace, *teams: Team) -> Settings:
    return settings(
        home,
        slack,
        slack_bot_token="",
        slack_client_id=slack.app.client_id,
        slack_client_secret=slack.app.client_secret,
        slack_encryption_key=KEY,
        slack_workspaces=",".join(team.id for team in teams),
        slack_redirect_url=BACK,
        port=0,
    )


def test_several_workspaces_install_it_from_this_machine_and_are_answered(help_: Help, home: Path) -> None:
    slack = help_.slack
    acme = slack.add_team("Acme", installed=False)
    olga = slack.add_person("Olga", role="admin", team=acme)
    slack.use_sockets()
    with answering(App(oauth(home, slack, slack.team, acme)), StringIO()) as who, httpx.Client() as browser:
        (first,) = re.findall(r"http://127\.0\.0\.1:[0-9]+/slack/install", who)
        for team, owner in ((acme, olga), (slack.team, help_.ada)):
            begun = browser.get(first)
            state = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))["state"]
            cookie = {"Cookie": begun.headers["Set-Cookie"].partition(";")[0]}
            code = slack.consent(team, owner, redirect_uri=BACK)
            back = first.replace("install", "oauth_redirect")
            assert browser.get(back, params={"code": code, "state": state}, headers=cookie).status_code == 200
        channel = slack.add_channel("acme-help", olga, team=acme)
        question = slack.say(channel, olga, f"<@{acme.bot}> {REFUND}")
        until(lambda: any("thirty days" in each.text and not each.grows for each in slack.thread(question)))
        reply = help_.answer(help_.ask())
        value = next(found for found in values(reply.blocks) if found.startswith("not_helpful:"))
        slack.click(help_.ada, reply, "rate", value)
        assert slack.modal(help_.ada) is not None
    with pytest.raises(httpx.ConnectError):
        httpx.get(first)


def test_a_port_that_is_taken_is_told_before_anything_is_answered(help_: Help, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stated = msgspec.structs.replace(oauth(home, help_.slack, help_.slack.team), port=taken.getsockname()[1])
        with pytest.raises(MisconfiguredError, match="cannot be opened"), answering(App(stated), StringIO()):
            raise AssertionError("it has started")
