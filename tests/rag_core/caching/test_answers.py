"""Nobody gets a stale or a foreign answer."""

import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.backends.opensearch.index import REMEMBERED
from rag_core.caching.answers import AnswerCache, ByMeaning, _Asked
from rag_core.domain import (
    Answer,
    Audience,
    Cached,
    Found,
    IndexVersion,
    Outcome,
    QuestionId,
    SourceName,
)
from rag_core.ports import Cache
from tests.making import chunk, document, passage, question
from tests.rag_core.caching.desk import EMBEDDER, REFUNDS, SPF, V1, V2, Desk


def test_a_value_that_should_not_be_there_is_not_shown_to_who_may_not_read_it(desk: Desk) -> None:
    secret = chunk("secret", document("page", audience=Audience.INTERNAL))
    desk.found = (replace(REFUNDS, chunk=secret), SPF)  # as if a search had leaked
    desk.ask("How long does a refund take")
    desk.found = (REFUNDS, SPF)
    assert desk.ask("How long does a refund take").how is None


def test_a_version_that_was_announced_counts_before_the_one_that_is_remembered(desk: Desk) -> None:
    desk.ask("How long does a refund take")
    desk.remembered, desk.version = desk.version, IndexVersion("another")
    assert desk.ask("How long does a refund take").how is Cached.EXACT  # for the moments it may be behind
    desk.cache.announce(desk.version)
    assert desk.ask("How long does a refund take").how is None


def test_what_was_announced_does_not_count_before_a_version_that_was_read_later() -> None:
    now = [0.0]
    desk = Desk(MemoryCache(clock=lambda: now[0]))
    desk.cache.announce(V1)
    assert desk.ask("How long does a refund take").how is None
    now[0] += REMEMBERED  # so long a process may not know that there is another, of which no announcement came
    desk.version = V2
    assert desk.ask("How long does a refund take").how is None


def test_the_same_words_get_the_same_answer(desk: Desk) -> None:
    made = desk.ask("How long do refunds take?")
    again = desk.ask(question("  how LONG do\nrefunds take ??", name="later"))
    assert (made.how, again.how, desk.drafts) == (None, Cached.EXACT, 1)
    assert again.answer == replace(
        made.answer, question_id=QuestionId("later"), usage=(), timings_ms=again.answer.timings_ms
    )
    assert again.answer.timings_ms["total"] < 900


def test_an_answer_in_another_form_is_another_answer(desk: Desk) -> None:
    asked = question("How long do refunds take?")
    shorter, alike = replace(asked, instruction="Shorter"), question("For how long do refunds take")
    assert [desk.ask(each).how for each in (asked, shorter)] == [None, None]
    assert desk.ask(replace(alike, instruction="Friendlier")).how is None  # by its meaning neither
    assert [desk.ask(each).how for each in (asked, shorter)] == [Cached.EXACT, Cached.EXACT]


def test_two_scopes_never_meet(cache: Cache) -> None:
    """Random questions x tenants x audiences x sources x versions x models x predecessors."""
    chance = random.Random(5)  # noqa: S311
    texts = ["How long do refunds take?", "How long does a refund take", "refunds take how long?"]
    sources = [
        None,
        frozenset({SourceName("a")}),
        frozenset({SourceName("a"), SourceName("b")}),
        frozenset[SourceName](),
    ]
    scopes = list(itertools.product("tu", Audience, sources, (V1, V2), "mn", (None, "Before?")))
    desks = {(tenant, model): Desk(cache, tenant=tenant, model=model) for tenant in "tu" for model in "mn"}
    owners: dict[str, tuple[object, ...]] = {}
    for number in range(250):
        scope = tenant, audience, of, version, model, previous = chance.choice(scopes)
        desk = desks[tenant, model]
        desk.version, desk.drafts = version, number
        put = replace(
            question(chance.choice(texts), audience=audience, previous=previous, name=str(number)), sources=of
        )
        served = desk.ask(put)
        assert owners.setdefault(f"{served.answer.text}", scope) == scope


def test_meaning_is_recognised_in_other_words(desk: Desk) -> None:
    desk.ask("How long do refunds take?")
    other = desk.ask(question("how long does a refund take, please", name="other"))
    assert (other.how, other.answer.text, other.answer.question_id) == (Cached.MEANING, "Answer 1. [1]", "other")
    assert other.answer.usage == ()


@pytest.mark.parametrize(
    "other",
    [
        "How long do refunds not take?",
        "How long do 2 refunds take?",
        "Why do refunds take long?",
        "How long do refunds take after LP-4021?",
        "How long do thirty refunds take?",  # a word the passages know
        "How long can refunds be taken before?",
    ],
)
def test_near_is_not_the_same(desk: Desk, other: str) -> None:
    desk.cache = AnswerCache(desk.cache._cache, desk.cache._keys, near=0.3)
    desk.ask("How long do refunds take?")
    assert desk.ask(other).how is None


def test_an_answer_by_meaning_must_still_stand_on_what_is_found(desk: Desk) -> None:
    other = question("How long does a refund take?")
    desk.ask("How long do refunds take?")
    for found in ((passage("Refunds take sixty days.", "refunds"), SPF), (SPF,), ()):
        known = desk.cache._by_meaning(_Asked(other), EMBEDDER.embed_question(other.text), Found(found, V1))
        assert known is None
    assert desk.ask(other).how is Cached.MEANING


def test_a_follow_up_is_never_answered_by_meaning(desk: Desk) -> None:
    desk.ask(question("How long do refunds take?", previous="Hello?"))
    assert desk.ask(question("How long does a refund take?", previous="Hello?")).how is None
    assert desk.ask(question("How long does a refund take", previous="hello")).how is Cached.EXACT


@pytest.mark.parametrize("outcome", [Outcome.NO_EVIDENCE, Outcome.UNSUPPORTED])
def test_an_abstention_is_not_kept(outcome: Outcome) -> None:
    cache = MemoryCache(clock=(moments := itertools.count(step=3).__next__))
    assert moments() == 0
    desk = Desk(cache)
    desk.outcome = outcome
    assert [desk.ask("Who?").how, desk.ask("Who?").how, desk.drafts] == [None, None, 2]


@pytest.mark.parametrize("part", [{"complete": False}, {"degraded": ("rerank",)}])
def test_half_an_answer_is_not_kept(part: dict[str, object]) -> None:
    desk = Desk(MemoryCache())
    asked = question("How long do refunds take?")
    desk.cache.answer(asked, V1, lambda _: replace(desk._draft(asked, Found(desk.found, V1)), **part))  # type: ignore[arg-type]
    assert desk.cache._cache.get([desk.cache._keys.place(asked, V1).answer]) == [None]


def test_not_helpful_takes_it_back_from_everyone(desk: Desk) -> None:
    desk.ask("How long do refunds take?")
    meant = question("how long does a refund take, please", name="meant")
    assert desk.ask(meant).how is Cached.MEANING
    desk.cache.evict(meant.id)
    desk.cache.evict(QuestionId("unknown"))
    words = replace(meant, id=QuestionId("words"))
    assert desk.ask(words).how is None  # at once, and in the words of who said so
    desk.cache.evict(words.id)
    assert desk.ask("How long do refunds take?").how is None
    assert desk.ask("How long do refunds take, please?").how is Cached.MEANING
    same = question("How long do refunds take?", name="same")
    assert desk.ask(same).how is Cached.EXACT
    desk.cache.evict(same.id)
    assert desk.ask("How long will a refund take?").how is None


def test_what_was_shared_before_a_not_helpful_is_not_the_answer_made_after_it(desk: Desk) -> None:
    desk.ask("How long do refunds take?")
    meant = question("how long does a refund take, please", name="meant")
    assert desk.ask(meant).answer.text == "Answer 1. [1]"
    desk.cache.evict(meant.id)
    assert desk.ask("How long do refunds take?").answer.text == "Answer 2. [1]"
    again = desk.ask(replace(meant, id=QuestionId("again")))
    assert (again.how, again.answer.text) == (Cached.MEANING, "Answer 2. [1]")


def test_an_ingestion_during_a_question_leaves_nothing_stale(desk: Desk) -> None:
    asked = question("How long do refunds take?")

    def make(_known: ByMeaning) -> Answer:  # the index changes between the question and its search
        desk.version = V2
        return replace(desk._draft(asked, Found((REFUNDS,), V2)), text="new")

    served = desk.cache.answer(asked, V1, make)
    assert served.answer.text == "new"
    assert desk.ask("How long do refunds take?").answer.text == "new"
    desk.version = IndexVersion("3")
    assert desk.ask("How long do refunds take?").how is None


def test_a_reader_of_the_new_version_does_not_wait_for_the_old(desk: Desk) -> None:
    go = threading.Event()
    desk.drafting = lambda: (go.wait(20), None)[1]
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(desk.ask, "How long do refunds take?")
        while not desk.drafts:
            time.sleep(0.01)
        desk.version, desk.drafting = V2, lambda: None
        assert desk.ask("How long do refunds take?").how is None
        go.set()
        assert old.result().answer.index_version == V1


@pytest.mark.parametrize("value", [b"", b"garbage", b"\x94\xa1x\xc0\xa0\xa0", b"\x91" * 900, b'{"stem": 1}'])
def test_garbage_is_a_miss(cache: Cache, value: bytes) -> None:
    desk = Desk(cache)
    place = desk.cache._keys.place(asked := question("How long do refunds take?"), V1)
    cache.put({place.answer: value, place.shared: value}, ttl=timedelta(hours=1))
    for _ in range(3):
        cache.append(desk.cache._keys.recent(asked, V1), value, longest=10, ttl=timedelta(hours=1))
    assert desk.ask(asked).how is None
    assert desk.ask(asked).how is Cached.EXACT


def test_another_questions_value_is_a_miss(cache: Cache) -> None:
    desk = Desk(cache)
    desk.ask("How long do refunds take?")
    mine, other = (desk.cache._keys.place(question(text), V1) for text in ("How long do refunds take?", "Why?"))
    (value,) = cache.get([mine.answer])
    assert value
    cache.put({other.answer: value}, ttl=timedelta(hours=1))
    assert desk.ask("Why?").how is None
