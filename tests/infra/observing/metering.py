"""CloudWatch's metrics: EMF lines in, series out; and the metric math that the dashboard and the alarms use.

An expression reads as Python's, so its parser is taken; what is not known here raises.
"""

import ast
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Series = dict[int, float]  # by the second at which a period begins; what has no data is not there
Key = tuple[str, str, frozenset[tuple[str, str]]]
STATS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "SampleCount": len,
}


def stated(values: list[float], stat: str) -> float:
    """The nearest rank; CloudWatch interpolates."""
    if stat.startswith("p"):
        return sorted(values)[max(math.ceil(len(values) * float(stat[1:]) / 100) - 1, 0)]
    return float(STATS[stat](values))


@dataclass
class Store:
    """Every value by namespace, name and dimensions, each with the second it is of."""

    values: dict[Key, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def read(self, lines: Iterable[str]) -> "Store":
        """Raises KeyError for a line that declares what it does not state."""
        for text in lines:
            line = json.loads(text)
            about = line["_aws"]
            for directive in about["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    dimensions = {name: line[name] for name in names}
                    for metric in directive["Metrics"]:
                        told = line[metric["Name"]]
                        for value in told if isinstance(told, list) else [told]:
                            self.put(
                                directive["Namespace"], metric["Name"], dimensions, about["Timestamp"] / 1000, value
                            )
        return self

    def put(self, namespace: str, name: str, dimensions: Mapping[str, str], at: float, value: float) -> None:
        self.values[namespace, name, frozenset(dimensions.items())].append((at, value))

    @property
    def span(self) -> tuple[float, float]:
        """Whole days that hold every value."""
        times = [at for each in self.values.values() for at, _ in each]
        return min(times) // 86400 * 86400, -(-max(times) // 86400) * 86400

    def series(self, namespace: str, name: str, dimensions: Mapping[str, str], stat: str, period: int) -> Series:
        found: dict[int, list[float]] = defaultdict(list)
        for at, value in self.values.get((namespace, name, frozenset(dimensions.items())), ()):
            found[int(at // period * period)].append(value)
        return {at: stated(found[at], stat) for at in sorted(found)}

    def search(self, text: str, stat: str, period: int) -> dict[str, Series]:
        """By the value of the one dimension that the search leaves open."""
        schema, rest = re.fullmatch(r"\{(.+?)\} (.+)", text.strip()).groups()  # type: ignore[union-attr]
        namespace, *names = schema.split(",")
        wanted = dict(re.findall(r'(\w+)="([^"]+)"', rest))
        metric = wanted.pop("MetricName")
        found = {}
        for space, name, dimensions in list(self.values):
            given = dict(dimensions)
            same = (space, name, set(given)) == (namespace, metric, set(names))
            if same and wanted.items() <= given.items():
                (label,) = (value for key, value in given.items() if key not in wanted)
                found[label] = self.series(space, name, given, stat, period)
        return dict(sorted(found.items()))


class Math:
    """One widget's or alarm's expressions over what their ids name."""

    def __init__(self, store: Store, series: Mapping[str, Series], expressions: Mapping[str, str], times: list[int]):
        self._store, self._series, self._expressions, self._times = store, series, expressions, times

    def value(self, expression: str) -> Any:
        """A series, several by label, or a number."""
        return self._of(ast.parse(expression.strip(), mode="eval").body)

    def _of(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self._series[name] if name in self._series else self.value(self._expressions[name])
            case ast.List(elts):
                return [self._of(each) for each in elts]
            case ast.BinOp(left, op, right):
                return _pairwise(_OPERATORS[type(op)], self._of(left), self._of(right))
            case ast.Compare(left, [op], [right]):
                return _pairwise(_OPERATORS[type(op)], self._of(left), self._of(right))
            case ast.Call(ast.Name(name), arguments):
                return self._call(name, [self._of(each) for each in arguments])
        raise NotImplementedError(ast.dump(node))

    def _call(self, name: str, given: list[Any]) -> Any:
        match name, given:
            case "FILL", [dict() as series, value]:
                return {at: series.get(at, value) for at in self._times}
            case "METRICS", [*wanted]:
                return [each for name, each in self._series.items() if all(text in name for text in wanted)]
            case (("SUM" | "MAX"), [list() as several]):
                times = sorted({at for each in several for at in each})
                combine = sum if name == "SUM" else max
                return {at: combine([each[at] for each in several if at in each]) for at in times}
            case "IF", [dict() as condition, yes, no]:
                chosen = {at: yes if holds else no for at, holds in condition.items()}
                return {at: each.get(at) if isinstance(each, dict) else each for at, each in chosen.items()}
            case "SEARCH", [text, stat, period]:
                return self._store.search(text, stat, period)
        raise NotImplementedError(name)


def _pairwise(operator: Callable[[float, float], float], one: Any, other: Any) -> Any:
    if isinstance(one, dict) and any(isinstance(each, dict) for each in one.values()):
        return {label: _pairwise(operator, each, other) for label, each in one.items()}
    if isinstance(other, dict) and any(isinstance(each, dict) for each in other.values()):
        return {label: _pairwise(operator, one, each) for label, each in other.items()}
    if not isinstance(one, dict) and not isinstance(other, dict):
        return operator(one, other)
    times = [at for each in (one, other) if isinstance(each, dict) for at in each]
    found = {}
    for at in sorted(set(times)):
        left = one.get(at) if isinstance(one, dict) else one
        right = other.get(at) if isinstance(other, dict) else other
        if left is not None and right is not None and not (operator is _divided and not right):
            found[at] = operator(left, right)
    return found


def _divided(one: float, other: float) -> float:
    return one / other


_OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: _divided,
    ast.GtE: lambda a, b: a >= b,
}
