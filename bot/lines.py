"""Log lines and metrics in the form that Powertools writes them, without Powertools.

Lines for a function whose whole work takes less time than that import; metrics for all, as Powertools cannot say them
by several sets of dimensions at once. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import IO, Any

NO_DIMENSION = "(none)"  # CloudWatch refuses an empty one


class Lines:
    """A logger."""

    def __init__(self, service: str, stream: IO[str] | None = None) -> None:
        self._service, self._stream = service, stream

    def info(self, event: str, *, extra: Mapping[str, Any]) -> None:
        self._write("INFO", event, extra)

    def error(self, event: str, *, extra: Mapping[str, Any]) -> None:
        self._write("ERROR", event, extra)

    def _write(self, level: str, event: str, extra: Mapping[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"level": level, "message": event, "timestamp": now, "service": self._service, **extra}
        print(json.dumps(line, default=str), file=self._stream or sys.stdout, flush=True)


class Metrics:
    """Of one request; threads may share it, as what ran out of time goes on in another."""

    def __init__(self, namespace: str, common: Mapping[str, str]) -> None:
        self._namespace, self._common, self._lock = namespace, common, Lock()
        self._lines: dict[tuple[Any, Any], dict[str, tuple[str, list[float]]]] = {}

    def add(
        self, name: str, unit: str, value: float, dimensions: Mapping[str, str], sets: Sequence[Sequence[str]]
    ) -> None:
        """`sets`: of names of dimensions; the value is counted once by each."""
        with self._lock:
            line = self._lines.setdefault((tuple(dimensions.items()), tuple(map(tuple, sets))), {})
            line.setdefault(name, (unit, []))[1].append(value)

    def flush(self) -> None:
        """One line for all that have the same dimensions."""
        with self._lock:
            lines, self._lines = self._lines, {}
        for (dimensions, sets), found in lines.items():
            declared = [{"Name": name, "Unit": unit} for name, (unit, _) in found.items()]
            directive = {"Namespace": self._namespace, "Dimensions": sets, "Metrics": declared}
            stated = {name: value or NO_DIMENSION for name, value in {**self._common, **dict(dimensions)}.items()}
            values = {name: each for name, (_, each) in found.items()}
            about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
            print(json.dumps({"_aws": about, **stated, **values}), flush=True)
