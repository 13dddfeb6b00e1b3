"""What is streamed is what stands there at the end: never changed, never too long for one message."""

import random
import re

import pytest

from integrations.slack.answers import reply
from integrations.slack.defusing import defused
from integrations.slack.messages import CONTINUED, Message, markdown
from integrations.slack.streaming import WRITING, Ending, Streaming
from rag_core.domain import Answer
from tests.integrations.slack.answering import ABOUT, answered, declined
from tests.integrations.slack.judging import faults
from tests.integrations.slack.writing_markdown import hostile, long

PAGE = {"https://help.example/page", "https://help.example/sso"}


def _streamed(answer: Answer, parts: list[str]) -> tuple[str, Ending]:
    streaming = Streaming(ABOUT)
    given = "".join(streaming.feed(part) for part in parts)
    assert given == streaming.text
    return given, streaming.finish(answer)


def test_part_by_part_it_becomes_the_whole_text() -> None:
    parts = ["Press <b>Reset</b>. [1]", "\n\n- Wait. [1]", "\n- Open foo.py. [1]", "\n\n```sh\nls\n```\n\n[1]"]
    given, ending = _streamed(answered("".join(parts)), parts)
    assert given == defused("".join(parts))
    assert (ending.tail, ending.further, ending.replace) == ("", (), False)
    assert list(ending.blocks) == list(reply(answered("".join(parts)), ABOUT)[0].blocks[1:])


def test_what_comes_after_the_last_part_is_appended_at_the_end() -> None:
    given, ending = _streamed(answered("One. [1] Two. [1]"), ["One. [1]"])
    assert (given, ending.tail) == ("One. [1]", " Two. [1]")


def test_an_abstention_was_not_streamed_and_comes_whole() -> None:
    given, ending = _streamed(declined(), [])
    assert (given, ending.tail, ending.replace) == ("", declined().text, False)


def test_another_answer_than_the_one_that_was_streamed_takes_its_place() -> None:
    _, ending = _streamed(answered("Something else. [1]"), ["One. [1]"])
    assert ending.replace
    assert list(ending.whole) == reply(answered("Something else. [1]"), ABOUT)


def test_what_reads_differently_with_what_follows_is_not_appended_but_replaced() -> None:
    streaming = Streaming(ABOUT)
    first = streaming.feed("```\none")
    second = streaming.feed("\ntwo\n```")
    assert (first, second) == ("```\none\n```", "")
    assert streaming.finish(answered("```\none\ntwo\n```")).replace


def test_a_link_that_comes_in_pieces_waits_until_it_is_whole() -> None:
    streaming = Streaming(ABOUT)
    pieces = [streaming.feed(piece) for piece in ("See [the pa", "ge](https://help.exa", "mple/page) now", ". [1]")]
    assert pieces == ["See ", "", "[the page](https://help.example/page) now", ". [1]"]


def test_code_that_comes_in_pieces_waits_until_it_is_whole_and_then_no_longer() -> None:
    streaming = Streaming(ABOUT)
    pieces = [streaming.feed(piece) for piece in ("Run `npm", " i` or ``a`b``", " twice", ". [1]", " See `x`. [1]")]
    assert pieces == ["Run ", "`npm i` or ``a`b``", " twice", ". [1]", " See `x`. [1]"]
    assert not streaming.finish(answered("Run `npm i` or ``a`b`` twice. [1] See `x`. [1]")).replace


@pytest.mark.parametrize("seed", range(8))
def test_a_long_answer_ends_in_further_messages_with_nothing_lost_or_said_twice(seed: int) -> None:
    text = long(random.Random(seed), 22_000)  # noqa: S311
    parts = [each for each in re.split(r"(?<=\n\n)", text) if each]
    given, ending = _streamed(answered(text), parts)
    streamed = given + ending.tail
    assert not ending.replace
    assert not faults(Message("x", (markdown(streamed), *ending.blocks)), PAGE)
    assert not [fault for message in ending.further for fault in faults(message, PAGE)]
    assert ending.blocks[-1]["elements"][0]["text"] == CONTINUED
    rest = [block["text"] for message in ending.further for block in message.blocks if block["type"] == "markdown"]
    bare = re.compile(r"^(?:`{3}.*|\| name \| what \||\| --- \| --- \|)$", re.MULTILINE)
    assert "".join(bare.sub("", "\n".join([streamed, *rest])).split()) == "".join(bare.sub("", text).split())
    assert ending.further[-1].blocks[-1]["type"] == "actions"


@pytest.mark.parametrize("seed", range(10))
def test_whatever_comes_and_however_it_is_cut_nothing_harmful_is_appended(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(20):
        text = hostile(chance).replace("https://evil.com", "evil.com").replace("https://help.example/page", "page")
        streaming, given, place = Streaming(ABOUT), "", 0
        while place < len(text):
            size = chance.randrange(1, 30)
            given += streaming.feed(text[place : place + size])
            place += size
        assert not given.strip() or not [
            fault for fault in faults(Message("x", (markdown(given),)), set()) if "help.example" not in fault
        ]


def test_on_the_way_a_message_shows_what_there_is() -> None:
    streaming = Streaming(ABOUT)
    assert streaming.so_far().blocks[-1]["elements"][0]["text"] == WRITING
    streaming.feed("One <!here>. [1]")
    message = streaming.so_far()
    assert message.blocks[0] == markdown("One &lt;!here&gt;. [1]")
    assert message.text == "One &lt;!here&gt;. [1]"
    streaming.feed("\n\n" + long(random.Random(1), 20_000))  # noqa: S311
    assert not faults(streaming.so_far(), PAGE)
