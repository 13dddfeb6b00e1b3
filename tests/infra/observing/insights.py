"""Logs Insights as far as the saved queries use it: fields, filter, stats, sort, limit over lines of JSON.

What is not known here raises, so a query that is beyond it is seen.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Line = Mapping[str, Any]
TOKEN = re.compile(r'"[^"]*"|\'[^\']*\'|[()]|!=|=|[@\w.]+')
FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "sum": sum,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "latest": lambda values: values[-1] if values else None,
}


def flat(line: Line, before: str = "") -> dict[str, Any]:
    """As fields are discovered: stages_ms.total, sources.0."""
    found: dict[str, Any] = {}
    for name, value in line.items():
        inner = {str(place): each for place, each in enumerate(value)} if isinstance(value, list) else value
        found |= flat(inner, f"{before}{name}.") if isinstance(inner, dict) else {before + name: inner}
    return found


def commands(query: str) -> list[tuple[str, str]]:
    """Each command and what follows it, without the log groups of a dashboard's query."""
    parts = [part.strip() for part in query.split("|")]
    return [(part.split()[0], part.partition(" ")[2]) for part in parts if not part.startswith("SOURCE")]


def names(query: str) -> set[str]:
    """The fields it reads, but those it makes itself and those that every line has."""
    found, made = set[str](), set[str]()
    for command, rest in commands(query):
        made |= set(re.findall(r" as (\w+)", rest))
        words = re.sub(r'"[^"]*"|\'[^\']*\'| as \w+', "", rest)
        if command != "limit":
            found |= set(re.findall(r"(?<![\w.@])[a-z][\w.]*(?!\()\b(?!\()", words))
    return {name for name in found if name not in made | {"and", "or", "by", "asc", "desc", "count", *FUNCTIONS}}


def run(query: str, lines: Iterable[Line]) -> list[dict[str, Any]]:
    rows = sorted((flat(line) | {"@timestamp": line.get("timestamp")} for line in lines), key=lambda r: r["@timestamp"])
    for command, rest in commands(query):
        match command:
            case "fields":
                kept = [name.strip() for name in rest.split(",")]
                for row in rows:
                    row[""] = kept
            case "filter":
                rows = [row for row in rows if _Filter(rest).holds(row)]
            case "stats":
                rows = _stats(rest, rows)
            case "sort":
                name, _, way = rest.partition(" ")
                rows = [r for r in rows if r.get(name) is not None]
                rows.sort(key=lambda row: row[name], reverse=way.strip() == "desc")
            case "limit":
                rows = rows[: int(rest)]
            case _:
                raise NotImplementedError(command)
    return [{name: row.get(name) for name in row.get("", row) if name} for row in rows]


def _stats(text: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made, by = re.fullmatch(r"(.+) by (.+)", text.strip()).groups()  # type: ignore[union-attr]
    wanted = re.findall(r"(\w+)\(([^)]+)\) as (\w+)", made)
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    keys = [name.strip() for name in by.split(",")]
    for row in rows:
        groups[tuple(row.get(key) for key in keys)].append(row)
    found = []
    for group, members in groups.items():
        counted = dict(zip(keys, group, strict=True))
        for function, name, label in wanted:
            values = members if name == "*" else [row[name] for row in members if row.get(name) is not None]
            counted[label] = FUNCTIONS[function](values)
        found.append(counted)
    return found


class _Filter:
    """Equal or not, joined by and and or."""

    def __init__(self, text: str) -> None:
        self._tokens, self._place = TOKEN.findall(text), 0

    def holds(self, row: Mapping[str, Any]) -> bool:
        self._place = 0
        found = self._either(row)
        assert self._place == len(self._tokens), self._tokens[self._place :]
        return found

    def _either(self, row: Mapping[str, Any]) -> bool:
        found = self._both(row)
        while self._taken("or"):
            found = self._both(row) or found
        return found

    def _both(self, row: Mapping[str, Any]) -> bool:
        found = self._one(row)
        while self._taken("and"):
            found = self._one(row) and found
        return found

    def _one(self, row: Mapping[str, Any]) -> bool:
        if self._taken("("):
            found = self._either(row)
            assert self._taken(")")
            return found
        name, sign, value = (self._next() for _ in range(3))
        same = row.get(name) == value.strip("\"'")
        assert sign in ("=", "!=")
        return same if sign == "=" else not same and name in row

    def _taken(self, token: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == token:
            self._place += 1
            return True
        return False

    def _next(self) -> str:
        self._place += 1
        return str(self._tokens[self._place - 1])
