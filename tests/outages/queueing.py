"""SQS before the worker function, in simulated time: redelivery, putting off and aside, and Lambda's environments."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.batching import Batches
from rag_core import messaging
from rag_core.domain import NEVER, Deadline
from rag_core.jobs import Job
from tests.outages.simulating import Simulation

INVISIBLE = 360.0  # seconds: six times the function's
RECEIVES, LEAST, FUNCTION = 5, 0.01, 60.0
Done = Callable[[], None]  # after each message that was done


@dataclass
class Message:
    """In the queue, or with a worker."""

    receipt: str
    body: str
    received: int = 0
    visible: float = 0.0


@dataclass(frozen=True)
class Context:
    """Lambda's."""

    ends: float
    simulation: Simulation

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends - self.simulation.now) * 1000)


class Queue:
    """JobQueue; `hire` makes an environment, which does one message at a time; the one used last is used again."""

    def __init__(self, simulation: Simulation, hire: Callable[["Queue"], Batches], most: int, done: Done) -> None:
        self._simulation, self._hire, self._most, self._done = simulation, hire, most, done
        self._messages: dict[str, Message] = {}
        self._free, self.environments = list[Batches](), 0
        self._numbers = iter(range(10**9))
        self.aside: list[Job] = []
        self.deliveries = 0

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        asked = datetime.fromtimestamp(time.time(), UTC)
        self.again(replace(job, enqueued_at=asked), 0.0)

    def again(self, job: Job, seconds: float) -> None:
        receipt = str(next(self._numbers))
        self._messages[receipt] = Message(receipt, messaging.written(job))
        self.postpone(receipt, seconds)

    def postpone(self, receipt: str, seconds: float) -> None:
        at = self._simulation.now + max(seconds, LEAST)
        self._messages[receipt].visible = at
        self._simulation.at(at, lambda: self._deliver(receipt, at))

    def _deliver(self, receipt: str, at: float) -> None:
        message = self._messages.get(receipt)
        if message is None or message.visible != at:  # put off again
            return
        if message.received >= RECEIVES:
            self.aside.append(messaging.read(self._messages.pop(receipt).body))
            return
        if not self._free and self.environments >= self._most:
            self.postpone(receipt, 0.5)
            return
        if not self._free:
            self.environments += 1
            self._free.append(self._hire(self))
        batches = self._free.pop()
        message.received += 1
        self.deliveries += 1
        self.postpone(receipt, INVISIBLE)
        self._simulation.act(lambda: self._work(batches, message))

    def _work(self, batches: Batches, message: Message) -> None:
        context: Any = Context(self._simulation.now + FUNCTION, self._simulation)
        if not batches.handle({"Records": [_record(message)]}, context)["batchItemFailures"]:
            del self._messages[message.receipt]
            self._done()
        self._free.append(batches)


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.receipt,
        "receiptHandle": message.receipt,
        "body": message.body,
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": str(message.received)},
    }
