"""Quality on every public set, with the model of `../shared/models` and without any, through `supportbot eval`."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.material import DEMO, MODEL, SHARED, missing, supportbot
from tests.benchmarks.quality_sets import SETS, write

SHOWN = (
    "hit_at_1 recall_at_3 recall_at_5 precision_at_3 mrr_at_10 ndcg_at_10 evidence_at_3 evidence_at_5 "
    "answered_of_answerable declined_of_unanswerable auroc"
).split()


def measure() -> None:
    """A Markdown table: a row a set and mode."""
    if missing(SHARED / "data" / "quality", MODEL):
        return
    print("| set | search | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 2))
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, questions in _sets(Path(folder)):
            for mode, model in (("hybrid", MODEL), ("lexical", "none")):
                home = Path(folder) / "homes" / mode / name
                supportbot("ingest", documents, home=home, model=model)
                found = json.loads(supportbot("eval", questions, "--json", home=home, model=model).output)
                cells = ("" if found[key] is None else f"{found[key]:.3f}" for key in SHOWN)
                print(f"| {name} | {mode} | {' | '.join(cells)} |", flush=True)


def _sets(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    yield "demo", DEMO / "help-center", DEMO / "questions.jsonl"
    for name in SETS:
        documents, questions = write(name, SHARED, folder)
        if name == "clinc-oos":
            documents = DEMO / "help-center"
        yield name, documents, questions
