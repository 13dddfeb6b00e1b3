from rag_core.chunking import ChunkSizes, chunk, without_overlap
from rag_core.markup import blocks, items, sections
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


def pieces(source: str) -> list[str]:
    found = [c.text for c in chunk(PAGE, sections(source), SIZES)]
    assert len(found) > 3
    assert all(len(text) <= SIZES.largest for text in found)
    return found


def test_code_too_large_for_a_model_is_cut_between_its_lines_and_keeps_its_fence() -> None:
    lines = [f"row {n}" for n in range(400)]
    found = pieces("~~~~python title\n" + "\n".join(lines) + "\n~~~~")
    assert all(text.startswith("~~~~python title\n") and text.endswith("\n~~~~") for text in found)
    assert [line for text in found for line in text.split("\n")[1:-1]] == lines
    assert {block.kind for text in found for block in blocks(text)} == {"CodeBlock"}


def test_indented_code_too_large_for_a_model_stays_code() -> None:
    lines = [f"    row {n}" for n in range(400)]
    found = pieces("\n".join(lines))
    assert "\n".join(found).split("\n") == lines
    assert {block.kind for text in found for block in blocks(text)} == {"CodeBlock"}


def test_each_piece_of_a_table_has_its_header() -> None:
    header, rows = "| plan | price |\n|---|---|\n", [f"| plan {n} | {n} EUR |" for n in range(100)]
    found = pieces(header + "\n".join(rows))
    assert all(text.startswith(header) for text in found)
    assert [row for text in found for row in text.split("\n")[2:]] == rows


def test_a_list_is_cut_between_its_items() -> None:
    steps = [f"{n}. step {n}\n    - of one part\n    - and another" for n in range(1, 60)]
    found = pieces("\n".join(steps))
    assert "\n".join(found).split("\n") == "\n".join(steps).split("\n")
    assert all(text.startswith(f"{items(text)[0].split('.')[0]}. step") for text in found)


def test_an_item_too_large_for_a_model_is_cut_between_those_in_it() -> None:
    inner = [f"   - part {n} of\n     the step" for n in range(60)]
    found = pieces("1. Before\n2. Choose one:\n" + "\n".join(inner))
    texts = [f"part {n} of the step" for n in range(60)]
    assert [sum(text in " ".join(piece.split()) for piece in found) for text in texts] == [1] * 60
    assert all("2. Choose one:" in piece for piece in found if "part" in piece)
    assert {block.kind for piece in found for block in blocks(piece)} == {"List"}


def test_code_in_an_item_too_large_for_a_model_keeps_its_fence() -> None:
    code = "\n".join(f"   row {n}" for n in range(200))
    for piece in pieces(f"1. Run:\n\n   ```sh\n{code}\n   ```\n2. Done"):
        assert "```sh\n" in piece
        assert piece.count("```") == 2


def test_lists_in_lists_without_end_are_survived() -> None:
    assert chunk(PAGE, sections("- " * 2_000 + "deep"), SIZES)


def test_sentences_of_a_script_without_blanks_are_not_torn() -> None:
    sentence = "送信ドメインを認証するには、DNSに三つのレコードを追加します。"
    found = pieces(sentence * 60)
    assert all(text.endswith("。") for text in found)
    assert "".join(found) == sentence * 60


def test_a_paragraph_that_is_cut_keeps_its_own_line_ends() -> None:
    source = "\n".join(f"This is line number {n} of it." for n in range(60))
    assert "\n".join(pieces(source)) == source


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


def test_a_paragraph_that_the_source_itself_repeats_is_not_left_out() -> None:
    items_ = "\n".join(f"- item number {n}" for n in range(12))
    found = chunk(PAGE, sections(f"{items_}\n- Again.\n\nAgain.\n\nEnd."), ChunkSizes(200, 600, 60))
    assert [c.text[-6:] for c in found] == ["Again.", "\n\nEnd."]
    assert sum(c.text.count("Again.") for c in without_overlap(found)) == 2


def test_a_chunk_says_how_much_of_it_repeats() -> None:
    source = f"{'Long. ' * 29}Last one.\n\n{'More. ' * 20}"
    first, second = chunk(PAGE, sections(source), ChunkSizes(target=200, largest=600, overlap=12))
    assert (first.overlap, second.overlap) == (0, len("Last one.\n\n"))
    assert second.text.startswith("Last one.\n\nMore.")
