"""What the answers cost: the tokens that were metered, beside what the account was charged.

Metered is known at once and by model, charged a day later and by service; a bill has more than models in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rag_core.domain import Outcome, Usage
from rag_core.ports import Bills, FeedbackLog

MODELS = "Bedrock"  # in the name of a service that charges for models: also "Claude ... (Amazon Bedrock Edition)"


@dataclass(frozen=True, slots=True)
class CostDay:
    """One UTC day."""

    day: date
    questions: int
    answered: int
    usage: tuple[Usage, ...]  # one a model
    charged: Mapping[str, float]  # USD by service; empty where no bill is read
    others: float = 0.0  # USD of the same account that is not ours

    @property
    def metered(self) -> float:
        """USD, by the price table."""
        return sum(usage.cost_usd for usage in self.usage)


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a bill is not what was metered, in USD."""

    models: float  # charged for Bedrock
    metered: float  # on the days that are billed
    rest: float  # charged for everything else, which no token stands for
    late: float  # metered on days that are not billed yet


@dataclass(frozen=True, slots=True)
class Costs:
    """Of every day that has questions or charges, oldest first."""

    days: tuple[CostDay, ...]

    @property
    def metered(self) -> float:
        return sum(day.metered for day in self.days)

    @property
    def charged(self) -> dict[str, float]:
        """USD by service, the dearest first."""
        found: dict[str, float] = {}
        for day in self.days:
            for service, usd in day.charged.items():
                found[service] = found.get(service, 0.0) + usd
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def others(self) -> float:
        return sum(day.others for day in self.days)

    @property
    def difference(self) -> "Difference | None":
        """None where no bill is read."""
        billed = [day for day in self.days if day.charged]
        if not billed:
            return None
        models = sum(usd for day in billed for service, usd in day.charged.items() if MODELS in service)
        rest = sum(usd for day in billed for service, usd in day.charged.items() if MODELS not in service)
        late = sum(day.metered for day in self.days if day.day > billed[-1].day)
        return Difference(models, sum(day.metered for day in billed), rest, late)

    @property
    def metered_per_answer(self) -> float | None:
        answered = sum(day.answered for day in self.days)
        return self.metered / answered if answered else None


def costs(log: FeedbackLog, bills: Bills | None, first: date, last: date) -> Costs:
    """Of the days from `first` to `last`, both counted."""
    tallies = {tally.day: tally for tally in log.tally(first) if tally.day <= last}
    usage = {day: used for day, used in log.usage(first).items() if day <= last}
    charged = bills.by_day(first, last) if bills else {}
    return Costs(
        tuple(
            CostDay(
                day,
                sum(tallies[day].outcomes.values()) if day in tallies else 0,
                tallies[day].outcomes.get(Outcome.ANSWERED, 0) if day in tallies else 0,
                tuple(usage.get(day, ())),
                charged[day].services if day in charged else {},
                charged[day].others if day in charged else 0.0,
            )
            for day in sorted(tallies.keys() | usage.keys() | charged.keys())
        )
    )
