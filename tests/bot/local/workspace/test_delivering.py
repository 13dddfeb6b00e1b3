import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from bot.local.workspace.nouns import Channel, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import actions, button
from tests.bot.local.workspace.telling import Told


def test_an_app_answers_the_challenge_or_not(slack: Workspace) -> None:
    def echo(_: object, body: bytes) -> tuple[int, bytes]:
        return 200, json.loads(body)["challenge"].encode()

    slack.deliver_to(Told())
    assert slack.challenge() is False
    slack.deliver_to(echo)
    assert slack.challenge() is True


def test_every_request_is_signed_over_its_raw_body(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    slack.say(help_, ada, "how?")
    slack.command(ada, help_, "/support", "x")
    for headers, body in told.requests:
        stamp = headers["X-Slack-Request-Timestamp"]
        expected = hmac.new(slack.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        assert headers["X-Slack-Signature"] == f"v0={expected}"
        assert abs(time.time() - int(stamp)) < 5
        assert SignatureVerifier(slack.signing_secret).is_valid_request(body, dict(headers))


def test_an_event_that_was_not_taken_comes_again_on_slack_s_schedule(
    slack: Workspace, told: Told, help_: Channel, ada: User
) -> None:
    told.answers = [(500, b"")] * 9
    slack.say(help_, ada, "how?")
    assert slack.settle()
    assert told.retries == [(None, None), ("1", "http_error")]
    for seconds, number in ((60, "2"), (300, "3")):
        slack.pass_time(seconds - 1)
        assert slack.settle()
        assert told.retries[-1][0] != number
        slack.pass_time(2)
        assert slack.settle()
        assert told.retries[-1] == (number, "http_error")
    slack.pass_time(86_400)
    assert slack.settle()
    assert len(told.requests) == 4
    assert len({body for _, body in told.requests}) == 1


def test_an_event_that_was_taken_at_last_comes_no_more(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    told.answers = [(503, b""), (200, b"")]
    slack.say(help_, ada, "how?")
    assert slack.settle()
    slack.pass_time(86_400)
    assert slack.settle()
    assert len(told.requests) == 2


def test_a_click_or_a_command_never_comes_again(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    client = WebClient(token=slack.token, base_url=slack.url)
    ts = client.chat_postMessage(channel=help_.id, text="x", blocks=[actions(button("go"))])["ts"]
    assert slack.settle()
    before = len(told.requests)
    told.answers = [(500, b""), (500, b"")]
    assert slack.click(ada, help_.messages[str(ts)], "go").status == 500
    assert slack.command(ada, help_, "/support").status == 500
    slack.pass_time(86_400)
    assert slack.settle()
    assert len(told.requests) == before + 2


def test_an_event_can_be_made_to_come_twice(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    slack.faults.repeat()
    slack.say(help_, ada, "how?")
    slack.say(help_, ada, "why?")
    assert slack.settle()
    assert sorted(event["text"] for event in told.events) == ["how?", "how?", "why?"]
    assert len({payload["event_id"] for payload in told.payloads}) == 2


@contextmanager
def listening(told: Told, delay: float = 0) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = told(dict(self.headers.items()), body)
            time.sleep(delay)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/slack/events"
        server.shutdown()
        thread.join()


def test_a_request_url_gets_what_a_function_gets(slack: Workspace, help_: Channel, ada: User) -> None:
    told = Told()
    with listening(told) as url:
        slack.deliver_to(url)
        told.answers = [(200, b""), (200, b"Only you.")]
        slack.say(help_, ada, "how?")
        slack.command(ada, help_, "/support", "x")
    assert told.events[0]["text"] == "how?"
    headers, body = told.requests[0]
    assert SignatureVerifier(slack.signing_secret).is_valid_request(body, dict(headers))
    assert [message.text for message in slack.whispers(ada)] == ["Only you."]


def test_an_answer_that_takes_too_long_is_none() -> None:
    told = Told()
    with Workspace(patience=0.1) as slack, listening(told, delay=0.4) as url:
        ada = slack.add_person("Ada")
        slack.deliver_to(url)
        slack.say(slack.add_channel("help", ada), ada, "how?")
        assert slack.settle()
        assert told.retries[:2] == [(None, None), ("1", "http_timeout")]


def test_nobody_listening_is_tried_again(slack: Workspace, help_: Channel, ada: User) -> None:
    told = Told()
    with listening(told) as url:
        pass
    slack.deliver_to(url)
    slack.say(help_, ada, "how?")
    assert slack.settle()
    assert [reply.reason for reply in slack.parcels()[0].replies] == ["connection_failed"] * 2


def test_a_bolt_app_works_with_it(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> None:
    app = App(client=client, signing_secret=slack.signing_secret, token_verification_enabled=False)

    @app.event("app_mention")
    def _mentioned(event: dict[str, str], client: WebClient) -> None:
        client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="So.")

    @app.event("message")
    def _said() -> None:
        pass

    def deliver(headers: object, body: bytes) -> tuple[int, bytes]:
        assert isinstance(headers, dict)
        answer = app.dispatch(BoltRequest(body=body.decode(), headers=headers))
        return answer.status, answer.body.encode()

    slack.deliver_to(deliver)
    question = slack.say(help_, ada, f"<@{slack.bot.id}> how?")
    assert slack.wait_for(lambda: bool(slack.thread(question)))
    assert [message.text for message in slack.thread(question)] == ["So."]
    assert {reply.status for parcel in slack.parcels() for reply in parcel.replies} == {200}
