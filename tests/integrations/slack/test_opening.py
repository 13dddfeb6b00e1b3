"""A modal opens while its trigger lives, and its failure loses no click."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from tests.integrations.slack.sending import Door, click
from tests.services.ports import free_port


@dataclass
class Api:
    """Slack's views.open at wire level."""

    url: str = ""
    answer: bytes = b'{"ok": true, "view": {"id": "V1"}}'
    wait: float = 0.0
    got: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.got.append((self.path, self.headers["Authorization"], body))
            time.sleep(found.wait)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(found.answer)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/api/"
        yield found
        server.shutdown()
        thread.join()


def test_not_helpful_is_queued_and_opens_the_question_why(api: Api) -> None:
    door = Door(api.url)
    reply = door.send(click())
    assert (reply.status, reply.body, reply.code, len(door.queue.jobs)) == (200, "", "", 1)
    ((path, token, sent),) = api.got
    assert (path, token, sent["trigger_id"]) == ("/api/views.open", "Bearer xoxb-1", "12.34.ab")
    assert sent["view"]["callback_id"] == "feedback"
    assert json.loads(sent["view"]["private_metadata"]) == {
        "question_id": "q1",
        "channel": "C1",
        "thread": "1731.0001",
    }


def test_settings_open_with_what_there_is_to_choose_from(api: Api) -> None:
    Door(api.url).send(click("open_channel_settings", ""))
    view = api.got[0][2]["view"]
    assert view["callback_id"] == "channel_settings"
    assert "/docs" in json.dumps(view)


def test_settings_that_a_button_carries_are_filled_in(api: Api) -> None:
    kept = {"channel": "C7", "audience": "internal", "sources": None, "automatic": True}
    Door(api.url).send(click("open_channel_settings", json.dumps(kept)))
    assert '"initial_conversation": "C7"' in json.dumps(api.got[0][2]["view"])


@pytest.mark.parametrize(("action", "value"), [("rate", "helpful:q1"), ("share", "{}"), ("ask_human", "q1")])
def test_nothing_else_opens_one(api: Api, action: str, value: str) -> None:
    Door(api.url).send(click(action, value))
    assert api.got == []


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b'{"ok": false, "error": "expired_trigger_id"}', RejectedError, "expired_trigger_id"),
        (b'{"ok": false, "error": "canary <secret>"}', RejectedError, "does not say"),
        (b'{"ok": "true"}', RejectedError, "does not say"),
        (b"[]", UnavailableError, "half an answer"),
        (b"<html>", UnavailableError, "cannot be reached"),
        (b"", UnavailableError, "cannot be reached"),
    ],
)
def test_what_slack_refuses_is_told_and_the_click_waits(api: Api, answer: bytes, kind: type, said: str) -> None:
    api.answer = answer
    door = Door(api.url)
    reply = door.send(click())
    assert (reply.status, reply.code, len(door.queue.jobs)) == (200, "not_opened", 1)
    assert isinstance(reply.error, kind)
    assert said in str(reply.error)
    assert "canary" not in str(reply.error)


def test_a_slack_that_does_not_answer_is_not_waited_for(api: Api) -> None:
    api.wait = 2
    door, started = Door(api.url), time.monotonic()
    assert door.send(click()).code == "not_opened"
    assert time.monotonic() - started < 1.5
    door = Door(f"http://127.0.0.1:{free_port()}/api/")
    assert (door.send(click()).code, len(door.queue.jobs)) == ("not_opened", 1)


def test_a_workspace_without_a_token_opens_nothing_and_loses_nothing(api: Api) -> None:
    def missing(_: object) -> str:
        raise MisconfiguredError("the app is not installed there")

    door = Door(api.url, token_of=missing)
    assert (door.send(click()).code, len(door.queue.jobs), api.got) == ("not_opened", 1, [])
    door = Door(api.url, token_of=lambda _: "two\nlines")
    assert (door.send(click()).code, len(door.queue.jobs), api.got) == ("not_opened", 1, [])


def test_with_the_queue_down_no_modal_promises_anything(api: Api) -> None:
    door = Door(api.url)
    door.queue.go_down()
    assert door.send(click()).status == 503
    assert api.got == []
