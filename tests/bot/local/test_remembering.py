"""The last answers are remembered, and no more."""

from bot.local.remembering import LONGEST_CHAIN, Memory
from rag_core.domain import QuestionId
from tests.making import answer, question


def test_the_oldest_is_forgotten_first() -> None:
    memory = Memory(kept=2)
    for name in ("a", "b", "c"):
        memory.keep(answer(question("?", name=name)), None)
    assert memory.answer(QuestionId("a")) is None
    assert memory.answer(QuestionId("c")) is not None


def test_a_conversation_is_found_above_its_last_question() -> None:
    memory = Memory()
    for name, follows in (("a", None), ("b", "a"), ("c", "b")):
        memory.keep(answer(question("?", name=name)), QuestionId(follows) if follows else None)
    assert memory.above(QuestionId("c")) == ["a", "b"]
    assert memory.above(QuestionId("a")) == []


def test_an_endless_conversation_is_cut() -> None:
    memory = Memory()
    memory.keep(answer(question("?", name="a")), QuestionId("a"))
    assert len(memory.above(QuestionId("a"))) == LONGEST_CHAIN
