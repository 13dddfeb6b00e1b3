"""An alarm's verdict on a store of metrics, at a moment: as CloudWatch judges the last of its periods."""

import operator
from collections.abc import Mapping
from typing import Any

from tests.infra.observing.metering import Math, Series, Store

COMPARED = {"GreaterThanThreshold": operator.gt, "LessThanThreshold": operator.lt}
LONGEST_IGNORED = 24 * 3600  # of alarms that missing data leave as they are: so far one looks back here


def metrics(alarm: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str, int]]:
    """Each that it reads: its id, the metric, the statistic, the period."""
    if "Metrics" not in alarm:
        return [("m", alarm, alarm["Statistic"], alarm["Period"])]
    found = [(each["Id"], each["MetricStat"]) for each in alarm["Metrics"] if "MetricStat" in each]
    return [(name, stat["Metric"], stat["Stat"], stat["Period"]) for name, stat in found]


def judged(alarm: Mapping[str, Any], store: Store, at: float) -> bool:
    """Whether it is on at a moment that ends a period."""
    read = metrics(alarm)
    period = read[0][3]
    count = alarm["EvaluationPeriods"]
    back = LONGEST_IGNORED // period if alarm["TreatMissingData"] == "ignore" else count
    times = [int(at // period * period) - period * ago for ago in reversed(range(1, max(back, count) + 1))]
    values = _values(alarm, read, store, times)
    compare, threshold = COMPARED[alarm["ComparisonOperator"]], float(alarm["Threshold"])
    known = [values[time] for time in times if time in values]
    if alarm["TreatMissingData"] == "notBreaching":
        known = [values[time] for time in times[-count:] if time in values]
    over = sum(compare(value, threshold) for value in known[-count:])
    return bool(over >= alarm.get("DatapointsToAlarm", count))


def _values(
    alarm: Mapping[str, Any], read: list[tuple[str, Mapping[str, Any], str, int]], store: Store, times: list[int]
) -> Series:
    known: dict[str, Series] = {}
    for name, metric, stat, period in read:
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
        found = store.series(metric["Namespace"], metric["MetricName"], dimensions, stat, period)
        known[name] = {time: found[time] for time in times if time in found}
    if "Metrics" not in alarm:
        return known["m"]
    expressions = {each["Id"]: each["Expression"] for each in alarm["Metrics"] if "Expression" in each}
    (shown,) = [each["Id"] for each in alarm["Metrics"] if each.get("ReturnData", True)]
    value: Series = Math(store, known, expressions, times).value(expressions[shown])
    return value
