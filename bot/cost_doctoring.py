"""Whether what is spent can be counted: prices of the models, and what AWS charges."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bot import aws
from bot.app import App
from bot.settings import PRICES, Settings
from rag_core.errors import MisconfiguredError

ASKING = "let the role ce:GetCostAndUsage, or empty SUPPORTBOT_COST_TAG"


def checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    """Those that the settings ask for, by name."""
    settings = app.settings
    if settings.prices != PRICES or settings.list_prices or settings.monthly_budget:
        yield "prices", lambda: _prices(settings)
    if settings.cost_tag:
        yield "what AWS charges", lambda: _charged(app)


def _prices(settings: Settings) -> str:
    """A model without one costs nothing by the meter, and no budget ends."""
    from bot.estimating.tables import tables

    prices = aws.prices(settings.prices)
    tables(settings)
    models = filter(None, (settings.answer_model, settings.second_model, settings.cheaper_model))
    unpriced = sorted({model for model in models if not prices.of(model).output})
    if settings.monthly_budget and unpriced:
        raise MisconfiguredError(
            f"SUPPORTBOT_MONTHLY_BUDGET counts nothing of {' and '.join(unpriced)}: add the price to SUPPORTBOT_PRICES"
        )
    return f"of {len(prices.table)} models, can be read"


def _charged(app: App) -> str:
    """Asked for once a day, whoever looks: a question costs a cent."""
    today = datetime.now(UTC).date()
    try:
        app.costs(today - timedelta(days=1), today, charged=True)
    except MisconfiguredError as error:
        raise MisconfiguredError(f"{error}; {ASKING}") from error
    return f"Cost Explorer tells what carries {app.settings.cost_tag}"
