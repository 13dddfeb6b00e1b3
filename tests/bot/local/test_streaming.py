"""An answer arrives event by event, and many arrive at once."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bot.app import App
from bot.local.streaming import Emit, events
from rag_core.domain import AnswerRecord, QuestionId
from rag_core.errors import UnavailableError
from tests.bot.local.conftest import visited
from tests.making import app

STREAM = {"Accept": "text/event-stream"}


def told(text: str) -> list[tuple[str, dict[str, str]]]:
    pieces = [piece.split("\n") for piece in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pieces]


def ask(client: httpx.Client, question: str, **more: str) -> list[tuple[str, dict[str, str]]]:
    return told(client.post("/answers", data={"question": question, **more}, headers=STREAM).text)


def test_stages_come_before_the_text_and_the_rest_last(client: httpx.Client) -> None:
    names = [name for name, _ in ask(client, "How long do refunds take?")]
    assert names[0] == "open"
    assert names[1:-2] == ["stage"] * 4
    assert names[-2:] == ["block", "rest"]


def test_what_is_streamed_is_what_the_page_shows(client: httpx.Client) -> None:
    happened = dict(ask(client, "How long do refunds take?"))
    page = client.get(happened["rest"]["url"]).text
    assert "thirty days" in happened["block"]["html"]
    assert happened["block"]["html"] in page
    assert "Refunds" in happened["rest"]["html"]


def test_an_abstention_says_so(client: httpx.Client) -> None:
    block = dict(ask(client, "Xylophone quasars?"))["block"]["html"]
    assert "I did not find an answer" in block
    assert "don&#39;t know" in block


def test_a_question_may_hold_anything(client: httpx.Client) -> None:
    happened = ask(client, "</h2><script>alert(1)</script>\n\nevent: rest\ndata: {}")
    assert [name for name, _ in happened].count("rest") == 1
    assert all("<script>" not in data.get("html", "") for _, data in happened)


def test_without_an_index_the_reader_learns_what_to_do(tmp_path: Path) -> None:
    with visited(app(tmp_path)) as client:
        ((name, data),) = ask(client, "anything")[-1:]
    assert name == "problem"
    assert "run `supportbot ingest PATH` first." in data["text"]


def test_many_ask_at_once_and_each_gets_the_own_answer(address: str, built: App) -> None:
    questions = ["How long do refunds take?", "What is an SPF record?"] * 12

    def answered(question: str) -> AnswerRecord:
        with httpx.Client(base_url=address, timeout=60) as client:
            happened = dict(ask(client, question))
        return built.log.answer(QuestionId(happened["rest"]["url"].removeprefix("/answers/")))

    with ThreadPoolExecutor(12) as pool:
        records = list(pool.map(answered, questions))
    assert [record.question.text for record in records] == questions
    assert {record.citations[0].document_id for record in records[::2]} == {"refunds"}
    assert {record.citations[0].document_id for record in records[1::2]} == {"spf"}


def test_an_event_does_not_wait_for_the_next() -> None:
    heard = threading.Event()

    def work(emit: Emit) -> None:
        time.sleep(0.1)  # until the event loop sleeps too: it must be woken
        emit("stage", {"text": "Searching…"})
        emit("stage", {"text": "heard" if heard.wait(10) else "too late"})

    async def listened() -> list[str]:
        told = []
        async for event in events(work):
            told.append(event)
            heard.set()
        return told

    assert [data["text"] for _, data in told("".join(asyncio.run(listened())))] == ["Searching…", "heard"]


def test_a_failure_is_the_last_thing_said() -> None:
    def work(emit: Emit) -> None:
        emit("stage", {"text": "Searching…"})
        raise UnavailableError("the log is locked")

    async def heard() -> list[str]:
        return [event async for event in events(work)]

    assert told("".join(asyncio.run(heard()))) == [
        ("stage", {"text": "Searching…"}),
        ("problem", {"text": "The log is locked."}),
    ]
