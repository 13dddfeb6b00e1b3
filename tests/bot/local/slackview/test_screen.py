"""What is on a person's screen while the app is at work."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from starlette.datastructures import FormData

from bot.local.slackview.acting import Acting
from bot.local.slackview.office import Office, office
from bot.local.slackview.screen import Line, Screen
from bot.local.slackview.visiting import Visit, visit
from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace


@pytest.fixture
def here() -> Iterator[Office]:
    with Workspace() as slack:
        slack.deliver_to(lambda _headers, _body: (200, b""))
        yield office(slack, lambda: 0)


@pytest.fixture
def client(here: Office) -> WebClient:
    return WebClient(here.slack.token, base_url=here.slack.url, retry_handlers=[])


@pytest.fixture
def question(here: Office) -> Message:
    seen = visit(here, {})
    assert seen.channel
    return here.slack.say(seen.channel, seen.person, "How?")


def before(here: Office, question: Message) -> Visit:
    return visit(here, {"thread": question.ts})


def last(here: Office, seen: Visit) -> Line:
    return Screen(here, seen).thread[-1]


def stream(client: WebClient, question: Message) -> str:
    started = client.chat_startStream(
        channel=question.channel,
        thread_ts=question.ts,
        markdown_text="It is",
        recipient_team_id=question.team,
        recipient_user_id=question.user,
    )
    return str(started["ts"])


def test_a_stream_is_seen_as_it_grows_and_ends(here: Office, client: WebClient, question: Message) -> None:
    seen, ts = before(here, question), stream(client, question)
    assert (last(here, seen).streaming, last(here, seen).blocks[0]["text"]) == (True, "It is")
    version = Screen(here, seen).version
    client.chat_appendStream(channel=question.channel, ts=ts, markdown_text=" ten")
    assert last(here, seen).blocks[0]["text"] == "It is ten"
    assert Screen(here, seen).version > version
    client.chat_stopStream(channel=question.channel, ts=ts)
    assert not last(here, seen).streaming


def test_work_is_shown_and_can_be_stopped(here: Office, client: WebClient, question: Message) -> None:
    seen = before(here, question)
    assert not Screen(here, seen).status
    where = {"channel_id": question.channel, "thread_ts": question.ts}
    client.api_call("agents.sessions.setStatus", params=where | {"status": "processing"})
    assert Screen(here, seen).status == "is working on it…"
    stream(client, question)
    Acting(here).do("stop", seen, FormData())
    assert not last(here, seen).streaming
    assert here.slack.parcels()[-1].payload["event"]["type"] == "agent_session_stopped"


def test_a_status_is_shown_in_the_apps_own_words(here: Office, client: WebClient, question: Message) -> None:
    client.assistant_threads_setStatus(channel_id=question.channel, thread_ts=question.ts, status="is reading…")
    seen = before(here, question)
    assert Screen(here, seen).status == "is reading…"
    here.slack.pass_time(121)
    assert not Screen(here, seen).status


def test_what_came_since_the_last_look_is_counted(here: Office, client: WebClient) -> None:
    ada, grace = list(here.people)[:2]
    place = next(iter(here.places))
    elsewhere = visit(here, {"as": ada, "in": "home"})
    Screen(here, visit(here, {"as": ada, "in": place}))
    here.slack.say(here.places[place].channel, here.people[grace][0], "One")
    client.chat_postMessage(channel=place, text="Two")
    here.slack.say(here.places[place].channel, here.people[ada][0], "Mine")
    assert Screen(here, elsewhere).tabs[0].unread == 2
    Screen(here, visit(here, {"as": ada, "in": place}))
    assert Screen(here, elsewhere).tabs[0].unread == 0
    assert Screen(here, visit(here, {"as": grace, "in": "home"})).tabs[0].unread == 2


def test_a_thread_is_opened_by_any_of_its_messages(here: Office, client: WebClient, question: Message) -> None:
    reply = client.chat_postMessage(channel=question.channel, thread_ts=question.ts, text="So.")
    assert visit(here, {"thread": reply["ts"]}).thread is question


def test_what_is_not_there_is_not_visited(here: Office) -> None:
    found = visit(here, {"as": "U404", "in": "C404", "thread": "1.2"})
    assert (found.person.name, found.channel and found.channel.name, found.thread) == ("Ada", "help", None)
    nia = next(ident for ident, (_, what) in here.people.items() if what == "of another company")
    for place in ("home", next(iter(here.places))):
        seen = visit(here, {"as": nia, "in": place}).channel
        assert seen
        assert seen.name == "with-northwind"
