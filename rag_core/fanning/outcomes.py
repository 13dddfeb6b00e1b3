"""What a run came to, from what became of each of its documents."""

from rag_core.fanning import scanned
from rag_core.fanning.plans import Order, Parts, Plan, Store
from rag_core.runs import Failure, IngestionRun


def result(parts: Parts, store: Store, order: Order, chunks: int, seconds: float) -> IngestionRun:
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    read = scanned.notes(parts, store, order)
    return IngestionRun(
        source=order.source,
        written=sum(1 for each in read if each.blob),
        unchanged=plan.unchanged + sum(1 for each in read if each.unchanged),
        removed=len(plan.gone) + sum(1 for each in read if each.withdrawn and each.id in plan.chunks),
        failures=(*plan.failures, *(Failure(each.name, each.failed) for each in read if each.failed)),
        skipped=tuple(plan.skipped),
        chunks=chunks,
        embedding_model=plan.model,
        seconds=seconds,
    )
