"""Parts of documents that a command prints: each stands between two comments that name it."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def part(document: str, name: str) -> str:
    """As it stands in docs/."""
    text = (DOCS / document).read_text("utf-8")
    return text.partition(_begin(name))[2].partition(_end(name))[0].strip("\n")


def fill(document: str, name: str, text: str) -> None:
    file = DOCS / document
    before, begin, rest = file.read_text("utf-8").partition(_begin(name))
    _, end, after = rest.partition(_end(name))
    if not (begin and end):
        raise ValueError(f"{document} has no part {name}")
    file.write_text(f"{before}{begin}\n{text.strip(chr(10))}\n{end}{after}", "utf-8")


def _begin(name: str) -> str:
    return f"<!-- {name} -->\n"


def _end(name: str) -> str:
    return f"\n<!-- end of {name} -->"
