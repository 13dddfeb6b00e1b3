"""A day's counters: what a write changes in them, and what their shards sum up to.

A difference goes into the transaction of the write that makes it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from rag_core.backends.dynamodb.items import outcome_of, usage_of
from rag_core.backends.dynamodb.table import Item, number
from rag_core.domain import Outcome, SourceName, Usage, Use
from rag_core.tallies import Durations, Tally, Verdicts

# By an attribute's name: outcome/answered, reason/wrong, usage/<model>/input_tokens, in/slack/answered, from/pages/yes
Counts = Mapping[str, Decimal]
OUTCOME, HELPFUL, REASON, USAGE = "outcome/", "helpful", "reason/", "usage/"
USE, KEPT, SHADOW = "use/", "kept", "shadow/"  # those of drafts that were not shown begin with SHADOW
ASKED_IN, RATED_IN, RATED_FROM = "in/", "rated/", "from/"  # a channel's questions and ratings, a source's ratings
YES, NO = "yes", "no"


def of_answer(item: Item) -> Counts:
    """What an answer counts; nothing where there is none."""
    counts: defaultdict[str, Decimal] = defaultdict(Decimal)
    if item:
        counts[OUTCOME + outcome_of(item)] += 1
        for usage in usage_of(item):
            for name, amount in _amounts(usage).items():
                counts[f"{USAGE}{usage.model}/{name}"] += amount
        if "durations" in item:  # else it is of before, when neither was counted
            counts[f"{ASKED_IN}{item['channel']['S']}/{outcome_of(item)}"] += 1
            for name, value in item["durations"]["M"].items():
                counts[name] += Decimal(value["N"])
    return counts


def of_rating(item: Item) -> Counts:
    if not item:
        return {}
    helpful = bool(item["helpful"]["BOOL"])
    names = [HELPFUL if helpful else REASON + str(item["reason"]["S"])]
    said = YES if helpful else NO
    if "channel" in item:  # one of before has none
        names += [f"{RATED_IN}{item['channel']['S']}/{said}"]
        names += [f"{RATED_FROM}{source}/{said}" for source in json.loads(item["cited"]["S"])]
    return dict.fromkeys(names, Decimal(1))


def of_acceptance(item: Item) -> Counts:
    if not item:
        return {}
    use, apart = Use(item["use"]["S"]), SHADOW if item["shadow"]["BOOL"] else ""
    counts = {f"{apart}{USE}{use}": Decimal(1)}
    if use is Use.EDITED:
        counts[f"{apart}{KEPT}"] = Decimal(item["kept"]["N"])
    return counts


def difference(new: Counts, former: Counts) -> Counts:
    changes = {name: new.get(name, Decimal(0)) - former.get(name, Decimal(0)) for name in {**new, **former}}
    return {name: change for name, change in changes.items() if change}


def update(key: Item, changes: Counts) -> list[tuple[str, dict[str, Any]]]:
    """The transaction's action; none where nothing changes."""
    if not changes:
        return []
    named = dict(enumerate(changes.items()))
    adding = {
        "Key": key,
        "UpdateExpression": "ADD " + ", ".join(f"#n{place} :n{place}" for place in named),
        "ExpressionAttributeNames": {f"#n{place}": name for place, (name, _) in named.items()},
        "ExpressionAttributeValues": {f":n{place}": number(f"{by:f}") for place, (_, by) in named.items()},
    }
    return [("Update", adding)]


def summed(items: Iterable[Item]) -> dict[date, Counts]:
    """The shards of each day, oldest first."""
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for item in items:
        counts = {name: Decimal(value["N"]) for name, value in item.items() if "N" in value}
        days[date.fromisoformat(item["sk"]["S"])].update(counts)
    return {day: {name: Decimal(amount) for name, amount in days[day].items() if amount} for day in sorted(days)}


def tally(day: date, counts: Counts) -> Tally:
    outcomes = {Outcome(name): int(count) for name, count in _under(OUTCOME, counts).items()}
    reasons = {name: int(count) for name, count in _under(REASON, counts).items()}
    uses, kept = _uses(counts)
    shadow_uses, shadow_kept = _uses(_under(SHADOW, counts))
    durations = Durations.among({name: float(count) for name, count in counts.items()})
    return Tally(
        day,
        outcomes,
        helpful=int(counts.get(HELPFUL, 0)),
        not_helpful=reasons,
        uses=uses,
        kept=kept,
        shadow_uses=shadow_uses,
        shadow_kept=shadow_kept,
        durations=durations,
        asked_in={name: {Outcome(end): n for end, n in of.items()} for name, of in _apart(ASKED_IN, counts).items()},
        rated_in={name: _verdicts(of) for name, of in _apart(RATED_IN, counts).items()},
        rated_from={SourceName(name): _verdicts(of) for name, of in _apart(RATED_FROM, counts).items()},
    )


def usage(counts: Counts) -> tuple[Usage, ...]:
    """What the day's answers took, one of each model."""
    models: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for name, amount in _under(USAGE, counts).items():
        model, _, what = name.rpartition("/")
        models[model][what] = amount
    return tuple(_usage(model, models[model]) for model in sorted(models))


def _uses(counts: Counts) -> tuple[dict[Use, int], float]:
    uses = {Use(name): int(count) for name, count in _under(USE, counts).items()}
    return uses, float(counts.get(KEPT, 0))


def _apart(prefix: str, counts: Counts) -> Mapping[str, Mapping[str, int]]:
    """By what follows the prefix, then by the last word."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, count in _under(prefix, counts).items():
        whose, _, what = name.rpartition("/")
        found[whose][what] = int(count)
    return found


def _verdicts(counts: Mapping[str, int]) -> Verdicts:
    return Verdicts(counts.get(YES, 0), counts.get(NO, 0))


def _under(prefix: str, counts: Counts) -> dict[str, Decimal]:
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}


def _amounts(usage: Usage) -> Mapping[str, Decimal]:
    """Exact, and to the billionth of a dollar."""
    given = asdict(usage)
    return {name: Decimal(f"{amount:.9f}").normalize() for name, amount in given.items() if name != "model"}


def _usage(model: str, amounts: Mapping[str, Decimal]) -> Usage:
    cost = float(amounts.get("cost_usd", 0))
    tokens = {name: int(amount) for name, amount in amounts.items() if name != "cost_usd"}
    return Usage(model, cost_usd=cost, **tokens)
