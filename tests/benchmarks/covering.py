"""How often an answer to two questions names the one that it leaves open: pairs of the demo's single questions."""

import json
import random
import tempfile
from collections import Counter
from pathlib import Path

from rag_core.covering import questions
from rag_core.domain import Answer, Audience, Outcome, PersonId
from tests.benchmarks.material import DEMO, MODEL, missing, supportbot
from tests.making import app

PAIRS = 200


def measure() -> None:
    if missing(MODEL):
        return
    listed = [json.loads(line) for line in (DEMO / "questions.jsonl").read_text().splitlines()]
    single = [each for each in listed if questions(each["text"]) and each["text"].strip().endswith("?")]
    for mode, model in (("hybrid", str(MODEL)), ("lexical", "none")):
        with tempfile.TemporaryDirectory() as home:
            supportbot("ingest", DEMO / "help-center", home=Path(home), model=model)
            print(f"{mode}: {_told(_counted(Path(home), model, single))}", flush=True)


def _counted(home: Path, model: str, single: list[dict[str, object]]) -> Counter[tuple[bool, bool]]:
    """By whether a question was left open, its pages not being cited, and whether the answer names it."""
    chance, built, counts = random.Random(3), app(home, model), Counter[tuple[bool, bool]]()  # noqa: S311
    answerable = [each for each in single if each["answerable"]]
    for first, second in ((chance.choice(answerable), chance.choice(single)) for _ in range(PAIRS)):
        text = f"Hello,\n\n{first['text']} {second['text']}\n\nThanks"
        asked = built.question(text, audience=Audience.PUBLIC, asked_by=PersonId("bench"), channel="bench")
        answer = built.answering.reply(asked)
        if answer.outcome is Outcome.ANSWERED and first is not second:
            for each in (first, second):
                named = questions(str(each["text"]))[0] in answer.not_covered
                counts[_is_open(each, answer), named] += 1
    return counts


def _is_open(question: dict[str, object], answer: Answer) -> bool:
    gold = {str(page).partition("#")[0] for page in question["gold"]}  # type: ignore[attr-defined]
    return not gold & {Path(citation.document_id).with_suffix("").as_posix() for citation in answer.citations}


def _told(counts: Counter[tuple[bool, bool]]) -> str:
    left, answered = (counts[is_open, True] + counts[is_open, False] for is_open in (True, False))
    return (
        f"{counts[True, True]} of {left} questions left open are named ({counts[True, True] / left:.0%}); "
        f"{counts[False, True]} of {answered} answered ones too ({counts[False, True] / answered:.1%})"
    )
