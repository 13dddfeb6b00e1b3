"""What was found is answered from where it is about the question, with more confidence where it stands out."""

from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, Passage, SourceName
from rag_core.grounding import Grounding
from tests.making import question

FILLER = "Something else is told in these words."


def passage(number: int, cosine: float | None, text: str = FILLER, title: str = "Page", bm25: float = 5.0) -> Passage:
    name = DocumentId(f"page-{number}")
    document = Document(name, SourceName("s"), title, f"https://h.example/{name}", Audience.PUBLIC, Fingerprint("f"))
    return Passage(Chunk(document, 0, (), document.url, text), 1 / (number + 1), cosine, bm25)


def found(best: float, others: float, text: str, title: str = "Page") -> list[Passage]:
    return [passage(0, best, text, title), *(passage(number, others) for number in range(1, 20))]


def judged(text: str, passages: list[Passage]) -> tuple[float, bool]:
    grounding = Grounding()
    confidence = grounding.confidence(question(text), passages)
    return confidence, grounding.suffices(confidence, passages)


def test_where_every_page_is_about_the_subject_nothing_stands_out_and_it_is_answered_yet() -> None:
    subject = [passage(number, 0.5, "Warm up an address slowly.") for number in range(20)]
    _, answered = judged("How do I warm up an address of my own?", subject)
    assert answered


def test_words_in_a_passage_that_means_something_else_are_no_answer() -> None:
    passages = found(0.33, 0.1, "The account speaks another English language.", "Languages")
    _, answered = judged("What other language speaks English in the account?", passages)
    assert not answered


def test_what_stands_out_is_answered_with_more_confidence_never_with_less_than_half_of_it() -> None:
    text, answer = "Which port does the relay use?", "The relay listens on the port 2525."
    alone, _ = judged(text, found(0.5, 0.2, answer))
    among, _ = judged(text, found(0.5, 0.5, answer))
    crowd, _ = judged(text, [passage(number, 0.5, answer) for number in range(20)])
    assert alone > among > crowd >= alone / 2


def test_words_side_by_side_say_more_than_the_same_words_apart() -> None:
    beside, _ = judged("dedicated address price", found(0.42, 0.3, "A dedicated address has its price."))
    apart, _ = judged("dedicated address price", found(0.42, 0.3, "The price of each address, once dedicated, rises."))
    assert beside > apart


def test_a_question_of_one_word_is_answered_by_the_page_it_is_the_title_of() -> None:
    _, titled = judged("what is a subuser", found(0.48, 0.46, "A subuser sends on its own.", "Subuser"))
    _, mentioned = judged("what is a subuser", found(0.46, 0.46, "A subuser sends on its own.", "Sending"))
    assert titled
    assert not mentioned


def test_a_question_without_words_and_nothing_found_have_no_confidence() -> None:
    assert judged("what is it?", [])[0] == 0
    assert not judged("what is it?", found(0.3, 0.3, FILLER))[1]


def test_without_vectors_the_words_alone_decide() -> None:
    near = [passage(0, None, "The relay listens on the port 2525.", "Relay port", 9.0)]
    far = [passage(0, None, "The harbour has a port.", "Harbour", 2.0)]
    assert judged("Which port does the relay use?", near)[1]
    assert not judged("Which port does the relay use for mail of ours?", far)[1]
