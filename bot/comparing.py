"""What AWS charged beside what was metered: why the two differ, in words, and once a day told to the admins.

Once a day by a schedule that an admin switched on, as a request of Cost Explorer's costs a cent. Each day is judged
once, when it is billed; what was asked for is kept, so that `costs` need not ask again.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bot import aws, spending
from bot.app import App
from bot.observability import Telemetry
from bot.working import Work
from rag_core.caching.bills import SETTLED, DailyBills
from rag_core.costing import Costs, costs
from rag_core.domain import Deadline
from rag_core.jobs import Job

CENT = 0.005  # USD: what is below half a cent is shown in finer digits
BILLED = timedelta(days=2)  # ago: a bill is up to a day late
# younger than the answer of the day before, which a schedule is never exactly 24 hours after
AGAIN = timedelta(hours=12)
APART, LEAST = 0.25, 1.0  # share of what was metered, and USD, from which on somebody is told


def work(app: App, telemetry: Telemetry, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Work:
    """Raises UnavailableError, and the job comes again: only the first request that is answered is paid."""

    def compare(_job: Job, _deadline: Deadline, _last: bool) -> None:
        settings, today = app.settings, clock().date()
        bills = DailyBills(aws.bills(settings), app.records, settings.cost_tag, clock, again=AGAIN)
        bills.by_day(today - SETTLED, today - timedelta(days=1))  # in one request, until they change no more
        made = costs(app.log, bills, today - BILLED, today - BILLED)
        services = {name: round(usd, 4) for name, usd in made.charged.items()}
        telemetry.log("charged", day=str(today - BILLED), services=services, cost_usd=round(made.metered, 4))
        if told := apart(made):
            spending.tell(app, f"On {today - BILLED} AWS charged {usd(sum(made.charged.values()))}. {told}")

    return compare


def apart(made: Costs) -> str:
    """What is told of a difference; empty where it is none to speak of."""
    if not (found := made.difference) or abs(found.models - found.metered) <= max(LEAST, APART * found.metered):
        return ""
    return " ".join(explained(made))


def explained(made: Costs) -> Iterator[str]:
    """Why the bill is not what was metered."""
    if not (found := made.difference):
        return
    more = found.models - found.metered
    said = f"{usd(abs(more))} {'more' if more >= 0 else 'less'}"
    yield (
        f"Of this Bedrock {usd(found.models)}, where {usd(found.metered)} was metered on the same days: {said}. "
        "Metered are the answers, by the price table; not metered are embeddings, reranking, rewriting, eval and "
        "doctor. A regional profile costs more than the list, a discount less."
    )
    yield f"Everything else, {usd(found.rest)}, runs with or without questions: no token stands for it."
    if found.late:
        yield f"{usd(found.late)} was metered on days that are not billed yet: a bill is up to a day late."
    if made.others:
        yield f"{usd(made.others)} more was charged to the account without the tag of SUPPORTBOT_COST_TAG."


def usd(amount: float) -> str:
    """A credit is negative."""
    size = abs(amount)
    shown = f"${size:,.2f}" if size >= CENT or not size else f"${size:.6f}"
    return f"-{shown}" if amount < 0 else shown
