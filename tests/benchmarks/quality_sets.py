"""Turn the public question sets of `../shared/data/quality` into folders of documents and files of questions.

Usage: python -m tests.benchmarks.quality_sets SHARED OUT   writes OUT/<set>/documents and OUT/<set>/questions.jsonl
"""

import ast
import csv
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]
NOT_HEADING = re.compile(r"(?m)^(\s*)(#|=+$|-+$)")  # comments in code without fences: the sections are given


def claude_cookbooks_rag(data: Path, out: Path) -> Iterable[Row]:
    """A page a document, with the sections it was published in; gold is the section."""
    pages: dict[str, list[str]] = {}
    for section in json.loads((data / "anthropic_docs.json").read_text("utf-8")):
        page, anchor = _page(section["chunk_link"])
        heading = section["chunk_heading"]
        body = NOT_HEADING.sub(r"\1\\\2", section["text"].removeprefix(heading).strip())
        pages.setdefault(page, []).append(f"## {heading} {{#{anchor}}}\n\n{body}\n")
    for page, parts in pages.items():
        title = page.rpartition("/")[2].replace("-", " ").capitalize()
        _write(out / f"{page}.md", f"---\ntitle: {title}\n---\n\n" + "\n".join(parts))
    for row in json.loads((data / "docs_evaluation_dataset.json").read_text("utf-8")):
        gold = ["#".join(_page(link)) for link in row["correct_chunks"]]
        yield {"id": row["id"], "text": row["question"], "gold": gold, "answerable": True}


def _page(link: str) -> tuple[str, str]:
    page, _, anchor = link.partition("#")
    return page.partition("://")[2].partition("/")[2].strip("/") or "index", anchor


def techqa480(data: Path, out: Path) -> Iterable[Row]:
    """A support document a file; gold is the file."""
    for line in (data / "techqa_rag_eval_sample.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        contexts = row["contexts"] if isinstance(row["contexts"], list) else ast.literal_eval(row["contexts"])
        for context in contexts:
            _write(out / context["filename"], context["text"])
        possible = str(row["is_impossible"]) == "False"
        gold = [Path(context["filename"]).stem for context in contexts] if possible else []
        yield {"id": row["id"], "text": row["question"], "gold": gold, "answerable": possible}


def chunking_evaluation(data: Path, out: Path) -> Iterable[Row]:
    """Five long documents; evidence is the marked spans."""
    for path in (data / "corpora").glob("*.md"):
        _write(out / path.name, path.read_text("utf-8"))
    with (data / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            evidence = [reference["content"] for reference in json.loads(row["references"])]
            yield {"id": str(number), "text": row["question"], "gold": [row["corpus_id"]], "evidence": evidence}


def tau2_banking_kb(data: Path, out: Path) -> Iterable[Row]:
    """Knowledge-base entries a file; a task's opening words, gold is the entries it needs."""
    domain = data / "data/tau2/domains/banking_knowledge"
    for path in sorted((domain / "documents").rglob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        _write(out / f"{path.stem}.md", f"---\ntitle: {json.dumps(document['title'])}\n---\n\n{document['content']}")
    for path in sorted((domain / "tasks").glob("*.json")):
        task = json.loads(path.read_text("utf-8"))
        if gold := task.get("required_documents"):
            opening = re.search(r'"([^"]{40,}?)"', str(task["user_scenario"]["instructions"]))
            if opening:
                yield {"id": path.stem, "text": opening.group(1), "gold": gold, "answerable": True}


def clinc_oos(data: Path, out: Path) -> Iterable[Row]:
    """Queries of no concern to any help center; to be asked of the demo's documents."""
    out.mkdir(parents=True, exist_ok=True)
    for number, (text, _) in enumerate(json.loads((data / "data_small.json").read_text("utf-8"))["oos_test"]):
        yield {"id": str(number), "text": text, "gold": [], "answerable": False}


SETS: dict[str, Callable[[Path, Path], Iterable[Row]]] = {
    "claude-cookbooks-rag": claude_cookbooks_rag,
    "techqa480": techqa480,
    "chunking_evaluation": chunking_evaluation,
    "tau2-banking-kb": tau2_banking_kb,
    "clinc-oos": clinc_oos,
}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write(name: str, shared: Path, out: Path) -> tuple[Path, Path]:
    """The folder of documents and the file of questions of one set."""
    documents, questions = out / name / "documents", out / name / "questions.jsonl"
    rows = SETS[name](shared / "data" / "quality" / name, documents)
    _write(questions, "".join(json.dumps(row) + "\n" for row in rows))
    return documents, questions


if __name__ == "__main__":
    for each in SETS:
        print(*write(each, Path(sys.argv[1]), Path(sys.argv[2])))
