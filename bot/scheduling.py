"""The schedules that SUPPORTBOT_SOURCES states, kept in EventBridge Scheduler.

Each puts the job on the queue that `/supportbot reingest` would, by the name of the source.
"""

import json
from typing import TYPE_CHECKING

from bot.app import App
from rag_core.domain import SourceName
from rag_core.errors import MisconfiguredError
from rag_core.jobs import JobKind
from rag_core.messaging import VERSION

if TYPE_CHECKING:
    from rag_core.backends.scheduler import Changes, Schedule

BY = "schedule"
# which the scheduler fills in: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
EXECUTION, TIME = "<aws.scheduler.execution-id>", "<aws.scheduler.scheduled-time>"


def message(source: SourceName) -> str:
    """A job as a queue carries it: each time another id, and delivered twice the same."""
    job = {
        "version": VERSION,
        "id": f"{BY}-{EXECUTION}",
        "kind": JobKind.INGEST,
        "enqueued_at": TIME,
        "payload": {"source": source, "by": BY},
        "question": None,
        "event": None,
    }
    return json.dumps(job)


def wanted(app: App) -> "dict[str, Schedule]":
    """By source; those that have one and are set up."""
    from rag_core.backends.scheduler import Schedule

    offered = app.sources.offered()
    return {
        name: Schedule(stated.schedule, stated.timezone, message(name))
        for name, stated in app.sources.stated.items()
        if stated.schedule and name in offered
    }


def keep(app: App, group: str, queue: str, role: str) -> "Changes":
    """Makes them what the setting states, and removes the others of the group. Raises MisconfiguredError."""
    try:
        from rag_core.backends.scheduler import Schedules, Target
    except ModuleNotFoundError as error:
        raise MisconfiguredError(f"this needs {error.name}: install it with pip install 'supportbot[aws]'") from error
    settings = app.settings
    return Schedules(Target(group, queue, role), settings.region, settings.aws_url or None).keep(wanted(app))
