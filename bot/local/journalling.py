"""What was taken from Zendesk and is not done yet, on record: it outlives the queue of this process.

Zendesk repeats only what was not acknowledged. A job names a ticket and holds nothing that a person wrote.
"""

from datetime import timedelta

from rag_core import messaging
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job, JobKind
from rag_core.ports import Records

GROUP = "zendesk-waiting"
KEPT = timedelta(days=15)
ALL = 100_000  # jobs: more than a queue holds, as what is refused or in work stands here too


class Journal:
    """Jobs of tickets; of other kinds it knows nothing."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def keep(self, job: Job) -> None:
        if job.kind is JobKind.ZENDESK:
            self._records.put(GROUP, job.id, messaging.written(job).encode(), ttl=KEPT)

    def done(self, job: Job) -> None:
        """Or given up."""
        if job.kind is JobKind.ZENDESK:
            self._records.remove(GROUP, job.id)

    def waiting(self) -> list[Job]:
        """What a former process left."""
        found = []
        for name, record in self._records.list(GROUP, limit=ALL):
            try:
                found.append(messaging.read(record.value.decode()))
            except UnavailableError:
                continue  # of a newer release, which finds it when it is started again
            except RejectedError:
                self._records.remove(GROUP, name)
        return found
