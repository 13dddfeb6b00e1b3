"""The month's budget, made from the settings: who is told when it is nearly spent, and in which words.

People who ask are told nothing of it. Admins are: in Slack's channel for them, else in the log; and whenever they look.
"""

from typing import TYPE_CHECKING

from bot import lines
from bot.settings import Settings
from rag_core.budgeting import NEAR, SPENT, Ledger, Mode, Notify, Spending
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError

if TYPE_CHECKING:
    from bot.app import App

NAMESPACE = "SupportBot"  # of metrics
PATIENCE = 10.0  # seconds for a notice
HOW = {
    Mode.FULL: "answers are made as always",
    Mode.CHEAPER: "answers are made by the smaller model, {model}",
    Mode.QUOTED: "answers come from the cache, or in the documents' own sentences",
}
UNTIL = "until the month ends (UTC), or SUPPORTBOT_MONTHLY_BUDGET is raised"


def ledger(app: "App") -> Ledger:
    settings = app.settings
    return Ledger(
        settings.monthly_budget,
        app.log,
        app.records,
        app.claims,
        cheaper=bool(settings.answer_model and settings.cheaper_model),
        # of an installation in DynamoDB those tell who stay: their output is a log, and a command's is its answer
        notify=None if app.once and settings.table else _notify(app),
    )


def told(app: "App") -> str:
    """For an admin, in one sentence; empty without a budget. Never raises what a store does."""
    if not app.settings.monthly_budget:
        return ""
    try:
        spending = app.ledger.spending()
    except SupportBotError as error:
        return f"what was spent of the budget cannot be told now: {error}"
    mode = app.ledger.mode_of(spending)
    how = HOW[mode].format(model=app.settings.cheaper_model)
    return f"{_figures(app, spending)}; {how}{'' if mode is Mode.FULL else f' {UNTIL}'}"


def _figures(app: "App", spending: Spending) -> str:
    budget = app.settings.monthly_budget
    share = spending.share(budget)
    return f"{share:.0%} of the month's budget is spent: ${spending.usd:,.2f} of ${budget:,.2f}, as metered"


def _notice(app: "App", threshold: float, spending: Spending) -> str:
    cheaper = app.settings.cheaper_model
    mode = Mode.CHEAPER if cheaper and app.settings.answer_model else Mode.QUOTED
    how = HOW[mode].format(model=cheaper)
    when = "From now on" if threshold >= SPENT else "Once all of it is spent"
    return f"{_figures(app, spending)}. {when} {how}, {UNTIL}. Nobody stays without an answer."


def _notify(app: "App") -> Notify:
    def notify(threshold: float, spending: Spending) -> None:
        text = _posted(app, _notice(app, threshold, spending))
        if app.settings.table:
            count(app.settings, threshold, spending, text)
        else:
            app.notice(text)

    return notify


def tell(app: "App", text: str) -> None:
    """The admins, of something else about money: in their channel, and in the log. Raises UnavailableError."""
    lines.Lines(f"supportbot-{app.settings.tenant}").info("costs", extra={"notice": _posted(app, text)})


def _posted(app: "App", text: str) -> str:
    """What the log is to say. Raises UnavailableError where it is to be tried again."""
    if app.settings.slack_admin_channel:
        try:
            _post(app, text)
        except (MisconfiguredError, RejectedError) as error:  # to be mended by an operator, who reads the log
            return f"{text} (It could not be posted to SUPPORTBOT_SLACK_ADMIN_CHANNEL: {error})"
    return text


def count(settings: Settings, threshold: float, spending: Spending, text: str) -> None:
    """One line that says it, and is a metric: the embedded metric format is a line with more in it."""
    name = "BudgetNearlySpent" if threshold == NEAR else "BudgetSpent"
    declared = {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": [{"Name": name, "Unit": "Percent"}]}
    about = {"Timestamp": int(spending.at.timestamp() * 1000), "CloudWatchMetrics": [declared]}
    service = f"supportbot-{settings.tenant}"
    share = round(spending.share(settings.monthly_budget) * 100, 1)
    lines.Lines(service).info("budget", extra={"_aws": about, name: share, "notice": text, "spent_usd": spending.usd})


def _post(app: "App", text: str) -> None:
    """Raises UnavailableError where it is to be tried again."""
    from bot import workspaces

    team, _, channel = app.settings.slack_admin_channel.rpartition("/")
    slack = workspaces.calls(app, team, Deadline.within(PATIENCE))
    slack.call(slack.client.chat_postMessage, channel=channel, text=text)
