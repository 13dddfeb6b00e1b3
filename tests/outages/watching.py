"""Every request of this process by the part it goes to, how long that takes, and the parts that do not answer.

A fake answers at once; the time a real one takes is slept here, and who reads from one that stalls waits its own
timeout, in simulated time. What a part that fails says is its fake's affair.
"""

import http.client
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from redis.connection import AbstractConnection

from tests.outages.simulating import Simulation

EMBEDDING, ANSWER, SEARCH, REDIS = "embeddings", "answer model", "OpenSearch", "Redis"
SLACK, ZENDESK = "Slack", "Zendesk"
SECONDS = {EMBEDDING: 0.1, ANSWER: 2.0, SEARCH: 0.03, SLACK: 0.15, ZENDESK: 0.2}  # that a request takes


class Watch:
    """`urls`: the parts by the address they are at; Bedrock's two are told apart by their paths."""

    def __init__(self, simulation: Simulation, urls: Mapping[str, str]) -> None:
        self._simulation = simulation
        self._ports = {urlsplit(url).port: part for part, url in urls.items()}
        self.asked: list[tuple[float, str]] = []  # when, and which part
        self.stalled = ""  # the part that gives no answer now

    def during(self, begin: float, end: float) -> Counter[str]:
        return Counter(part for at, part in self.asked if begin <= at < end)

    def install(self) -> None:
        self._over_http(http.client.HTTPConnection)
        for name in ("connect", "send_packed_command"):
            setattr(AbstractConnection, name, self._counted(getattr(AbstractConnection, name)))

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self.asked.append((self._simulation.now, REDIS))
            return method(*args, **options)

        return counted

    def _over_http(self, connection: Any) -> None:
        begin, take = connection.putrequest, connection.getresponse

        def putrequest(sender: Any, method: str, url: str, *args: Any, **options: Any) -> None:
            sender.part = part = self._part(sender.port, url)
            if part:
                self.asked.append((self._simulation.now, part))
            begin(sender, method, url, *args, **options)

        def getresponse(sender: Any) -> Any:
            if sender.part and sender.part == self.stalled:
                self._simulation.sleep(sender.sock.gettimeout() or sender.timeout)
                raise TimeoutError("timed out")
            response = take(sender)
            if sender.part and response.status < 400:
                self._simulation.sleep(SECONDS[sender.part])
            return response

        connection.putrequest, connection.getresponse = putrequest, getresponse

    def _part(self, port: int, url: str) -> str:
        part = self._ports.get(port, "")
        return ANSWER if part == EMBEDDING and "converse" in url else part
