"""Schedules of EventBridge Scheduler, one a source, each of which puts a message on a queue.

A group holds them and nothing else: what stands there and is not wanted is removed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag_core.backends import boto
from rag_core.calling import Dependency, Patience

SCHEDULER = boto.Service(
    "EventBridge Scheduler",
    refused=boto.codes("ResourceNotFoundException ValidationException ServiceQuotaExceededException"),
)
PATIENCE = Patience(spare_retries=5.0)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When, and the message that is then sent."""

    expression: str
    timezone: str
    message: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where the schedules stand, the queue they write to, and the role that may; ARNs both."""

    group: str
    queue: str
    role: str


@dataclass(slots=True)
class Changes:
    """Names of schedules."""

    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class Schedules:
    """Of one group. All raise UnavailableError, MisconfiguredError."""

    def __init__(
        self, target: Target, region: str, endpoint_url: str | None = None, patience: Patience = PATIENCE
    ) -> None:
        connection = boto.Connection(region, endpoint_url, connect_timeout=2, read_timeout=20)
        self._target, self._client = target, boto.client(SCHEDULER, "scheduler", connection)
        self._dependency, self._timeout = Dependency(SCHEDULER.title, patience), connection.timeout

    def keep(self, wanted: Mapping[str, Schedule]) -> Changes:
        """Exactly these; once more is the same."""
        there, changes = set(self._names()), Changes()
        for name, schedule in wanted.items():
            method = self._client.update_schedule if name in there else self._client.create_schedule
            self._called(method, **self._stated(name, schedule))
            (changes.kept if name in there else changes.made).append(name)
        for name in sorted(there - wanted.keys()):
            self._called(self._client.delete_schedule, Name=name, GroupName=self._target.group)
            changes.removed.append(name)
        return changes

    def _names(self) -> Iterator[str]:
        request: dict[str, Any] = {"GroupName": self._target.group}
        while True:
            page = self._called(self._client.list_schedules, **request)
            yield from (str(each["Name"]) for each in page["Schedules"])
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    def _stated(self, name: str, schedule: Schedule) -> dict[str, Any]:
        return {
            "Name": name,
            "GroupName": self._target.group,
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": self._target.queue, "RoleArn": self._target.role, "Input": schedule.message},
        }

    def _called(self, method: Any, **request: Any) -> Any:
        def attempt(_seconds: float) -> Any:
            with boto.translated(SCHEDULER, f"the schedule group {self._target.group}"):
                return method(**request)

        return self._dependency.call(attempt, timeout=self._timeout)
