"""`supportbot eval`: measure what is ingested with questions whose sources are known."""

import time
from pathlib import Path

import click

from bot.commands import options
from rag_core.domain import Audience


@click.command("eval")
@click.argument("questions", type=click.Path(path_type=Path))
@options.home_option
@options.audience_option("On whose behalf to ask.")
@click.option("--misses", is_flag=True, help="Also name every question that went wrong, on standard error.")
@options.json_option
def command(questions: Path, home: str | None, audience: str, misses: bool, as_json: bool) -> None:
    """Ask every question of the JSON Lines file QUESTIONS and score what is found.

    A line is {"id", "text", "gold": [document id or document-id#anchor], "evidence": [verbatim snippet],
    "answerable": true or false}; gold, evidence and answerable may be missing. Nothing is recorded.
    """
    from rag_core import evaluating

    app = options.app(home, once=True)
    cases = evaluating.read_cases(questions)
    if absent := evaluating.absent(cases, app.index.document_ids()):
        click.echo(f"{len(absent)} gold documents are not ingested, the first is {absent[0]}", err=True)
    started = time.perf_counter()
    findings = evaluating.ask(app.answering, cases, Audience(audience))
    scores = evaluating.scores(findings)
    seconds = round(time.perf_counter() - started, 3)
    for case, reason in evaluating.misses(findings) if misses else ():
        click.echo(f"{case.id}: {reason}: {case.text}", err=True)
    if as_json:
        options.print_json({**scores, "questions": len(cases), "seconds": seconds})
        return
    for name, value in scores.items():
        click.echo(f"{name:<26}{'-' if value is None else format(value, '.3f'):>8}")
    click.echo(f"{len(cases)} questions in {seconds:.1f} s")
