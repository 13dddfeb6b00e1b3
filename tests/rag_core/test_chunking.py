from rag_core.chunking import ChunkSizes, chunk, without_overlap
from rag_core.markup import blocks, sections
from tests.making import document

PAGE = document("page")
SIZES = ChunkSizes(target=200, largest=600, overlap=0)
TABLE = "| plan | price |\n|---|---|\n" + "\n".join(f"| plan {n} | {n} EUR |" for n in range(20))
CODE = "```python\n" + "\n".join(f"line_{n} = {n}" for n in range(30)) + "\n```"
LIST = "\n".join(f"{n}. step number {n} of the list" for n in range(1, 15))


def test_blocks_are_not_torn() -> None:
    source = f"# Plans\n\nIntro sentence. {'word ' * 30}\n\n{TABLE}\n\n{CODE}\n\n{LIST}"
    texts = [c.text for c in chunk(PAGE, sections(source), SIZES)]
    for whole in (TABLE, CODE, LIST):
        assert sum(whole in text for text in texts) == 1


def test_every_word_of_the_source_is_in_a_chunk_once() -> None:
    source = "\n\n".join(f"## H{n}\n\n{'alpha ' * 50}end{n}.\n\n- item {n}" for n in range(5))
    texts = [c.text for c in chunk(PAGE, sections(source), SIZES)]
    bodies = [block.source for s in sections(source) for block in s.blocks]
    assert " ".join(" ".join(texts).split()) == " ".join(" ".join(bodies).split())


def test_a_chunk_stays_in_its_section_and_knows_where_it_is() -> None:
    first, second = chunk(PAGE, sections("# Billing\n\n## Refunds\n\nThirty days.\n\n## Taxes\n\nVAT."), SIZES)
    assert (first.heading, first.url) == ("Page > Billing > Refunds", "https://help.example/page#refunds")
    assert (second.text, second.url, second.ordinal) == ("VAT.", "https://help.example/page#taxes", 1)


def test_a_block_too_large_for_a_model_is_cut_between_its_lines() -> None:
    huge = "```\n" + "\n".join(f"row {n}" for n in range(400)) + "\n```"
    texts = [c.text for c in chunk(PAGE, sections(huge), SIZES)]
    assert len(texts) > 3
    assert all(len(text) <= SIZES.largest for text in texts)
    assert "\n".join(texts) == blocks(huge)[0].source


def test_a_word_without_end_is_cut_too() -> None:
    assert max(len(c.text) for c in chunk(PAGE, sections("x" * 5_000), SIZES)) <= SIZES.largest


def test_a_heading_with_nothing_below_gives_no_chunk() -> None:
    assert chunk(PAGE, sections("# Only\n\n## Headings"), SIZES) == []


def test_a_chunk_begins_with_the_last_sentences_of_the_one_before_and_a_reader_sees_them_once() -> None:
    paragraphs = [f"{'Filler goes on and on here. ' * 12}Ending {n}." for n in range(3)]
    overlapping = ChunkSizes(target=400, largest=600, overlap=60)
    found = chunk(PAGE, sections("\n\n".join(paragraphs)), overlapping)
    assert found[1].text.startswith("Filler goes on and on here. Ending 0.\n\n")
    read = " ".join(" ".join(c.text for c in without_overlap(found)).split())
    assert read == " ".join(" ".join(paragraphs).split())
