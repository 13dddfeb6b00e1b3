"""Log lines and metrics in the form that Powertools writes them, without Powertools.

For a function whose whole work takes less time than that import; and for what Powertools cannot say: metrics by
several sets of dimensions at once. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
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
    """Of one request, all by the service alone."""

    def __init__(self, namespace: str, service: str) -> None:
        self._namespace, self._service = namespace, service
        self._units: dict[str, str] = {}
        self._values: dict[str, list[float]] = {}

    def add_metric(self, *, name: str, unit: str, value: float) -> None:
        self._units[name] = unit
        self._values.setdefault(name, []).append(value)

    def flush_metrics(self) -> None:
        write(self._namespace, self._units, self._values, {"service": self._service}, [["service"]])
        self._units, self._values = {}, {}


def write(
    namespace: str,
    units: Mapping[str, str],
    values: Mapping[str, Sequence[float]],
    dimensions: Mapping[str, str],
    sets: Sequence[Sequence[str]],
) -> None:
    """One line: each metric is counted once by every set of dimensions."""
    declared = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    directive = {"Namespace": namespace, "Dimensions": sets, "Metrics": declared}
    stated = {name: value or NO_DIMENSION for name, value in dimensions.items()}
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **stated, **values}
    print(json.dumps(line), flush=True)
