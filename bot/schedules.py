"""When a source is read again by itself: an expression as EventBridge Scheduler has them.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Looked at here, so that a wrong one is found
when the bot starts and not when a deployment fails.
"""

import re
from zoneinfo import available_timezones

FORM = (
    "a schedule reads rate(15 minutes), rate(1 hour), rate(7 days), or cron(minute hour day month weekday year), such "
    "as cron(0 3 * * ? *), where day or weekday is ?"
)
RATE = re.compile(r"rate\(([1-9][0-9]{0,8}) (?:minute|hour|day)s?\)")
CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
MONTHS = re.findall("...", "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC")
DAYS = re.findall("...", "SUNMONTUEWEDTHUFRISAT")
# of each field the lowest and the highest value, its names, and what else may stand there
FIELDS: tuple[tuple[int, int, list[str], str], ...] = (
    (0, 59, [], r"\*"),
    (0, 23, [], r"\*"),
    (1, 31, [], r"\*|\?|L|LW|[1-9][0-9]?W"),
    (1, 12, MONTHS, r"\*"),
    (1, 7, DAYS, r"\*|\?|L|[1-7]L|[1-7]#[1-5]"),
    (1970, 2199, [], r"\*"),
)


def wrong(expression: str, timezone: str) -> str:
    """What is wrong with them; empty: nothing is."""
    if not (RATE.fullmatch(expression) or _is_cron(expression)):
        return f"{expression!r} is no schedule: {FORM}"
    if timezone != "UTC" and timezone not in (known := available_timezones()) and (known or "/" not in timezone):
        return f"{timezone!r} is no time zone: it reads Europe/Berlin, or UTC"  # a machine may know none of them
    return ""


def _is_cron(expression: str) -> bool:
    found = CRON.fullmatch(expression)
    if found is None or (found[3] == "?") == (found[5] == "?"):
        return False
    return all(_fits(stated, *field) for stated, field in zip(found.groups(), FIELDS, strict=True))


def _fits(stated: str, lowest: int, highest: int, names: list[str], besides: str) -> bool:
    def value(text: str) -> int | None:
        if text.upper() in names:
            return names.index(text.upper()) + 1
        return int(text) if re.fullmatch("[0-9]{1,4}", text) and lowest <= int(text) <= highest else None

    for part in stated.split(","):
        if re.fullmatch(besides, part):
            continue
        span, slash, step = part.partition("/")
        if slash and not (re.fullmatch("[1-9][0-9]{0,3}", step)):
            return False
        ends = [] if slash and span == "*" else span.split("-")
        if len(ends) > 2 or any(value(end) is None for end in ends):
            return False
    return True
