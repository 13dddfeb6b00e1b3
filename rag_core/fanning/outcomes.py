"""What a run came to, from what became of each of its documents."""

from dataclasses import replace
from datetime import datetime

from rag_core.fanning import scanned
from rag_core.fanning.plans import Order, Parts, Plan, Store
from rag_core.runs import Failure, IngestionRun, RunRecord, RunState


def done(parts: Parts, store: Store, order: Order, run: RunRecord, chunks: int | None, now: datetime) -> RunRecord:
    """`chunks`: of the version that it made, if it made one."""
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    read = scanned.notes(parts, store, order)
    result = IngestionRun(
        source=order.source,
        written=sum(1 for each in read if each.blob),
        unchanged=plan.unchanged + sum(1 for each in read if each.unchanged),
        removed=len(plan.gone) + sum(1 for each in read if each.withdrawn and each.id in plan.chunks),
        failures=(*plan.failures, *(Failure(each.name, each.failed) for each in read if each.failed)),
        skipped=tuple(plan.skipped),
        chunks=plan.standing.chunks if chunks is None else chunks,
        embedding_model=plan.model,
        seconds=(now - (run.begun or run.started)).total_seconds(),
    )
    ended = replace(run, state=RunState.DONE, ended=now, listed=plan.listed, result=result)
    return replace(ended, failed=len(result.failures), skipped=len(result.skipped))
