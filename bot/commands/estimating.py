"""`supportbot costs --estimate`: what each size would cost, with the arithmetic. No account is asked or needed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from bot.commands import options
from bot.estimating import durations
from bot.estimating.estimate import Estimate, estimate
from bot.estimating.lines import Line, number, usd
from bot.estimating.tables import Figure, Tables, TokenPrices, tables
from bot.estimating.use import DOMAIN, Use, of
from bot.settings import load

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
SIZES = ("small", "standard", "large")
DATED = "2026-11-28"
SAID = (
    f"List prices of us-east-1 of {DATED}, without discounts and tax: check them for your region and day.",
    "Quantities are measured or assumed, as the last table says; none was taken from a bill.",
)
GROUPS = (
    ("idle", "Idle: a month without a question"),
    ("awake", "What the month's {questions} questions keep awake"),
    ("per_thousand", "1,000 questions"),
    ("once", "Once: all documents read, {chunks} chunks"),
)


def use_options(command: Decorated) -> Decorated:
    """What only the owner knows; each counts with --estimate alone."""
    share = click.FloatRange(0, 1)
    given = (
        click.option("--size", type=click.Choice(SIZES), help="With --estimate: this one alone."),
        click.option("--questions", type=click.IntRange(0), help="With --estimate: a month; 10,000 by default."),
        click.option("--cached", type=share, help="With --estimate: share that the cache answers; 0.2 by default."),
        click.option(
            "--passage-tokens", type=click.FloatRange(0), help="With --estimate: input, of a question's passages."
        ),
        click.option("--output-tokens", type=click.FloatRange(0), help="With --estimate: of an answer."),
        click.option("--chunks", type=click.IntRange(0), help="With --estimate: of the documents; 20,000 by default."),
        click.option("--pages", type=click.IntRange(0), help="With --estimate: scanned ones, which Textract reads."),
    )
    for option in reversed(given):
        command = option(command)
    return command


def show(home: str | None, given: dict[str, Any], *, as_json: bool) -> None:
    from bot import aws

    settings = load(home=home or click.get_current_context().obj)
    known = tables(settings)
    use = of(
        settings,
        known,
        questions=_given(given["questions"], 10_000),
        cached=_given(given["cached"], 0.2),
        tokens=(given["passage_tokens"], given["output_tokens"]),
        chunks=_given(given["chunks"], 20_000),
        pages=_given(given["pages"], 0),
    )
    models = aws.prices(settings.prices)
    remarks = list(_remarks(use, models))
    made = [estimate(known, size, use, models) for size in ([given["size"]] if given["size"] else SIZES)]
    if as_json:
        told = {"sizes": [_json(each) for each in made], "figures": _figures(known)}
        options.print_json({"dated": DATED, "remarks": remarks, **told})
    else:
        click.echo("\n".join(_printed(made, known, use, remarks)))


def _given(value: Any, default: float) -> Any:
    return default if value is None else value


def _remarks(use: Use, models: TokenPrices) -> Iterator[str]:
    """What the figures cannot have in them."""
    if use.search == DOMAIN:
        yield "Your OpenSearch domain is on a bill of its own: nothing of it is in here."
    for model in (use.model, use.embedder):
        if not models.of(model).input:
            yield f"No price of {model} is known, so its tokens count as nothing here: state it in SUPPORTBOT_PRICES."


def _printed(made: Sequence[Estimate], known: Tables, use: Use, remarks: Sequence[str]) -> Iterator[str]:
    yield from SAID
    shared = f"{use.cached:.0%} of them from the cache, where workers share one"
    yield f"{use.questions:,} questions a month, {shared}; {use.chunks:,} chunks of documents; {use.model}."
    yield from remarks
    yield ""
    yield from _table(
        ("size", "idle, a month", "kept awake, a month", "1,000 questions", "the month", "once, reading"),
        [
            (each.size, *map(_money, (each.idle_usd, each.awake_usd, each.thousand_usd, each.month_usd, each.once_usd)))
            for each in made
        ],
    )
    yield from ("", "Less what AWS gives to every account, for ever, if nothing else in it takes that:", "")
    yield from _table(
        ("size", "idle, a month", "the month"),
        [
            (each.size, _money(each.idle_usd - each.idle_free_usd), _money(each.month_usd - each.month_free_usd))
            for each in made
        ],
    )
    yield ""
    yield f"That is {_free(known)} a month."
    for each in made:
        yield from _lines(each, known)
    yield from ("", "### Where the quantities come from", "")
    rows = [(number(figure.value), figure.unit, figure.how) for figure in known.figures.values()]
    yield from _table(("quantity", "of", "how"), rows)


def _free(known: Tables) -> str:
    return "; ".join(f"{number(price.free)} x {price.per}" for price in known.prices.values() if price.free)


def _lines(each: Estimate, known: Tables) -> Iterator[str]:
    yield from ("", f"### {each.size}", "")
    memory = known.sizes[each.size].worker_memory
    yield f"Seconds of a worker of {memory:,} MB at a question that a model drafts:"
    yield f"{durations.drafted(known, memory, each.use.output_tokens)}."
    if each.use.cached:
        yield f"From the cache: {durations.cached(known, memory)}."
    else:
        yield "Without a cache that all workers share, each question is drafted."
    for name, title in GROUPS:
        lines: Sequence[Line] = getattr(each, name)
        yield ""
        told = title.format(questions=f"{each.use.questions:,}", chunks=f"{each.use.chunks:,}")
        rows = [
            (line.what, line.arithmetic, f"{usd(line.price.usd)} per {line.price.per}", _money(line.usd))
            for line in lines
        ]
        whole = sum(line.usd for line in lines)
        yield from _table((f"**{told}**", "quantity", "price", "USD"), [*rows, ("**together**", "", "", _money(whole))])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Markdown, which reads well on a terminal and is docs/costs.md as it stands."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _money(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 0.005 or not amount else f"${amount:.5f}"


def _json(each: Estimate) -> dict[str, object]:
    names = ("idle", "awake", "thousand", "month", "once", "idle_free", "month_free")
    totals = {name: round(getattr(each, f"{name}_usd"), 6) for name in names}
    return {"size": each.size, "usd": totals, **{name: list(map(_line, getattr(each, name))) for name, _ in GROUPS}}


def _line(line: Line) -> dict[str, object]:
    return {
        "what": line.what,
        "factors": [{"value": factor.value, "unit": factor.unit} for factor in line.factors],
        "quantity": line.quantity,
        "price_usd": line.price.usd,
        "per": line.price.per,
        "source": line.price.source,
        "usd": line.usd,
    }


def _figures(known: Tables) -> dict[str, dict[str, object]]:
    def shown(figure: Figure) -> dict[str, object]:
        return {"value": figure.value, "unit": figure.unit, "how": figure.how}

    return {name: shown(figure) for name, figure in known.figures.items()}
