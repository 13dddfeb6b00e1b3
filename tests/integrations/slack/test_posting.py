"""Every kind of message and view through Slack's own client to the simulated Slack, which checks its blocks."""

import json
import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, User
from bot.local.workspace.workspace import Workspace
from integrations.slack import answers, modals, notices
from integrations.slack.home import ForAdmins, home
from integrations.slack.messages import Message
from integrations.slack.modals import ChannelSettings, Feedback
from integrations.slack.needs import Week
from integrations.slack.streaming import Streaming
from rag_core.domain import Audience, PersonId, QuestionId, SourceName
from rag_core.runs import Failure, IngestionRun, RunId, RunRecord, RunState
from tests.integrations.slack.answering import ABOUT, AS_OF, INTERNAL, answered, cited, declined
from tests.integrations.slack.test_notices import ALL
from tests.integrations.slack.writing_markdown import long

PAGES = tuple(cited(f"Page {number}", f"https://help.example/{number}") for number in range(8))
LONG = long(random.Random(2), 30_000)  # noqa: S311
ANSWERS = [
    *answers.reply(answered(), ABOUT),
    *answers.reply(answered(LONG, *PAGES, complete=False, not_covered="The price."), INTERNAL),
    *answers.reply(declined(*PAGES), ABOUT),
    *answers.reply(declined(), ABOUT),
]
PRIVATE = [
    answers.private(answered(long(random.Random(3), 15_000)), ABOUT, channel="C1", thread_ts="1.2", part=2),  # noqa: S311
    answers.private(declined(*PAGES), INTERNAL, channel="C1", thread_ts=None),
]
RUN = RunRecord(
    RunId("r1"),
    SourceName("docs"),
    PersonId("slack:T1:U1"),
    AS_OF,
    state=RunState.DONE,
    ended=AS_OF + timedelta(minutes=3),
    result=IngestionRun(SourceName("docs"), 3, 4, 5, (Failure("a.pdf", "it is encrypted"),), (), 70, None, 180.0),
)
CHANNELS = tuple(ChannelSettings(f"C{number}", Audience.INTERNAL, None, automatic=True) for number in range(90))


class Posting:
    """A person in a channel with the bot, and Slack's client."""

    def __init__(self, slack: Workspace) -> None:
        self.slack = slack
        self.client = WebClient(token=slack.token, base_url=slack.url, retry_handlers=[])
        self.person: User = slack.add_person("Ada")
        self.channel: Channel = slack.add_channel("help", self.person)
        self._payloads = list[dict[str, Any]]()
        slack.deliver_to(self._take)

    def submitted(self, modal: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """The view as Slack sends it once the person has filled it in."""
        trigger = self.slack.world.triggers.issue(self.slack.team, self.person.id)
        self.client.views_open(trigger_id=trigger, view=modal)
        view = self.slack.modal(self.person)
        assert view is not None
        self.slack.submit(self.person, view, values)
        found: dict[str, Any] = self._payloads[-1]["view"]
        return found

    def _take(self, _headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        fields = parse_qs(body.decode())
        if "payload" in fields:
            self._payloads.append(json.loads(fields["payload"][0]))
        return 200, b""


@pytest.fixture(scope="module")
def posting() -> Iterator[Posting]:
    with Workspace(limits=False) as slack:
        yield Posting(slack)


@pytest.mark.parametrize("message", [*ANSWERS, *ALL], ids=lambda message: message.text[:30])
def test_every_message_is_posted_and_changed(posting: Posting, message: Message) -> None:
    made = posting.client.chat_postMessage(channel=posting.channel.id, **notices.placeholder().payload())
    again = posting.client.chat_postMessage(channel=posting.channel.id, thread_ts=made["ts"], **message.payload())
    changed = posting.client.chat_update(channel=posting.channel.id, ts=made["ts"], **message.body())
    shown = posting.slack.thread(posting.slack.messages(posting.channel)[-1])
    assert again["ok"]
    assert changed["ok"]
    assert len(shown[0].blocks) == len(message.blocks)


@pytest.mark.parametrize("message", PRIVATE, ids=lambda message: message.text[:30])
def test_every_private_draft_is_shown_to_whoever_asked(posting: Posting, message: Message) -> None:
    posting.client.chat_postEphemeral(channel=posting.channel.id, user=posting.person.id, **message.body())
    assert posting.slack.whispers(posting.person)[-1].text == message.text


def test_what_is_settled_can_be_put_back_in_place(posting: Posting) -> None:
    (message,) = answers.reply(answered(), ABOUT)
    posted = posting.client.chat_postMessage(channel=posting.channel.id, **message.payload())
    held = posting.slack.messages(posting.channel)[-1].blocks
    blocks = answers.settled(held, notices.escalated_note("U1", ticket_url="https://desk.example/7"))
    posting.client.chat_update(channel=posting.channel.id, ts=posted["ts"], text=message.text, blocks=blocks)
    assert [block["type"] for block in posting.slack.messages(posting.channel)[-1].blocks][-1] == "context"


def test_a_stream_ends_with_sources_and_buttons_and_the_rest_follows(posting: Posting) -> None:
    text = long(random.Random(9), 20_000)  # noqa: S311
    streaming = Streaming(ABOUT)
    asked = posting.slack.say(posting.channel, posting.person, "how?")
    place: dict[str, Any] = {"channel": posting.channel.id, "thread_ts": asked.ts}
    begun = posting.client.chat_startStream(
        **place, recipient_team_id=posting.slack.team.id, recipient_user_id=posting.person.id
    )
    for part in text.split("\n\n"):
        if piece := streaming.feed(f"{part}\n\n"):
            posting.client.chat_appendStream(channel=posting.channel.id, ts=begun["ts"], markdown_text=piece)
    ending = streaming.finish(answered(f"{text}\n\n", *PAGES))
    assert not ending.replace
    tail: dict[str, Any] = {"markdown_text": ending.tail} if ending.tail else {}
    posting.client.chat_stopStream(channel=posting.channel.id, ts=begun["ts"], blocks=list(ending.blocks), **tail)
    for message in ending.further:
        posting.client.chat_postMessage(**place, **message.payload())
    assert posting.slack.thread(asked)[-1].blocks[-1]["type"] == "actions"


@pytest.mark.parametrize("admin", [None, ForAdmins(Week(9, 0.5, None, ("How?",) * 9, RUN), CHANNELS)])
def test_the_home_is_published(posting: Posting, admin: ForAdmins | None) -> None:
    assert posting.client.views_publish(user_id=posting.person.id, view=home(admin))["ok"]
    assert posting.slack.home(posting.person) is not None


def test_the_feedback_modal_opens_and_what_a_person_fills_in_is_read(posting: Posting) -> None:
    view = posting.submitted(
        modals.feedback(QuestionId("q1"), "C1", "1.2"), {"reason": "outdated", "comment": "Since May"}
    )
    assert modals.read_feedback(view) == Feedback(QuestionId("q1"), "C1", "1.2", "outdated", "Since May")


def test_the_settings_modal_opens_and_what_a_person_fills_in_is_read(posting: Posting) -> None:
    names = [SourceName(f"s{number}" * 20) for number in range(120)]
    filled = {"channel": posting.channel.id, "audience": "internal", "sources": names[:2], "automatic": ["on"]}
    view = posting.submitted(modals.channel_settings(names), filled)
    assert modals.read_channel_settings(view) == ChannelSettings(
        posting.channel.id, Audience.INTERNAL, frozenset(names[:2]), automatic=True
    )


def test_a_settings_modal_that_nobody_touched_gives_what_it_was_opened_with(posting: Posting) -> None:
    assert modals.read_channel_settings(posting.submitted(modals.channel_settings([], CHANNELS[0]), {})) == CHANNELS[0]
