"""The fake as a test uses it: in this process, on a thread of its own.

with BedrockFake() as fake:
    fake.fail("ConverseStream", times=2, with_="ThrottlingException")
    fake.script("Thirty days.", when="refund")
    client = fake.client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
    ...
    assert [call.outcome for call in fake.calls("ConverseStream")] == ["ThrottlingException"] * 2 + ["ok"]
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Collection, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Self

from tests.fakes.bedrock import clients
from tests.fakes.bedrock.answering import Script
from tests.fakes.bedrock.faults import Fault
from tests.fakes.bedrock.recording import Call, Recorder
from tests.fakes.bedrock.server import Server
from tests.fakes.bedrock.service import OPERATIONS, Service
from tests.fakes.bedrock.settings import Settings


class BedrockFake:
    """Amazon Bedrock on 127.0.0.1: bedrock-runtime, bedrock-agent-runtime and bedrock on one port.

    Unless told otherwise it answers at once and well: Converse with the sentences of the request's searchResult blocks
    that share words with the question, each cited, or `answering.UNKNOWN` if none does; embeddings and scores by the
    words of a text. It refuses what Bedrock refuses, unsigned requests included, and a profile such as `eu.` when the
    region is not one of its own.
    """

    def __init__(self, *, port: int = 0, keep: int = 10_000) -> None:
        """`keep` is how many requests are remembered."""
        self._service = Service(Recorder(keep))
        self._server = Server(self._service, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bedrock-fake", daemon=True)
        self._clients: list[Any] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def client(self, service: str = "bedrock-runtime", *, region: str = "us-east-1", **more: Any) -> Any:
        """A real boto3 client for the fake; `more` goes to boto3, as `config=`. Closed when the fake is."""
        made = clients.client(service, self.endpoint_url, region, **more)
        self._clients.append(made)
        return made

    def environment(self, *, region: str = "us-east-1") -> dict[str, str]:
        """The variables that lead boto3 in another process, or one built without arguments, to the fake."""
        return clients.environment(self.endpoint_url, region)

    @property
    def settings(self) -> Settings:
        """Delays and manners, to be assigned to: `fake.settings.first_token = 0.3`. See `Settings`."""
        return self._service.settings

    def script(self, *answers: Script, when: str | None = None, repeat: bool = False) -> None:
        """What the next calls of Converse and ConverseStream say, one answer a call; then the derived ones again.

        An answer is a text, a `Cited` text, an `Answer` (several blocks, thinking, stop reason, delays) or a function
        from the request's body to one of these; it runs on the server's thread. `when` keeps them for questions with
        that text in them, `repeat` says them round and round. A refused call uses no answer up.
        """
        self._service.scripts.add(answers, when, repeat)

    def fail(
        self,
        operation: str,
        *,
        with_: str,
        times: int | None = 1,
        after: int = 0,
        calls: Collection[int] = (),
        model: str | None = None,
        midway: bool = False,
        after_events: int | None = None,
        retry_after: float | None = None,
        delay: float = 0.0,
        message: str = "",
    ) -> None:
        """Let calls of an operation ("*": of any) go wrong.

        `with_` is an error of Bedrock ("ThrottlingException", see `refusal.STATUS`) or what breaks:
        "reset" (RST), "close" (FIN), "stall" (accepted, never answered), "slow" (right, but `delay` seconds late),
        "corrupt" (a frame with a wrong CRC; half a body that claims to be whole).

        Which calls: the next `times` (None: all), or those behind the next `after`, or, counted from this very
        order, the `calls` by number from 1; `model` only those whose model id has that text in it.
        `midway` strikes amid the answer: an error becomes an exception event of the stream, "close" half a response;
        in a stream after `after_events` token events, else after half of them. `delay` seconds pass before the fault.
        `retry_after` adds that header to an error. Connections are refused by `stop()` or within `down()`.
        """
        if operation not in (*OPERATIONS, "*"):
            raise ValueError(f"no operation {operation!r}: there are {', '.join(OPERATIONS)}")
        fault = Fault(operation, with_, times, after, calls, model, midway, after_events, retry_after, delay, message)
        self._service.faults.append(fault)

    def stop(self) -> None:
        """Connections are refused and the open ones reset, until `start()`."""
        self._run(self._server.close())

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._run(self._server.open())

    @contextmanager
    def down(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    def advance(self, seconds: float) -> None:
        """Put the clock of the prompt cache forward: its entries live 5 minutes or 1 hour."""
        self._service.skipped += seconds

    def reset(self) -> None:
        """Forget requests, counters, scripts, faults, cached prompts and settings. Open connections stay."""
        self._service.reset()

    @property
    def requests(self) -> list[Call]:
        """Every request so far, in order, retries included."""
        return list(self._service.recorder.calls)

    def calls(self, operation: str) -> list[Call]:
        return [call for call in self.requests if call.operation == operation]

    @property
    def last(self) -> Call:
        """The latest request; IndexError if there was none."""
        return self._service.recorder.calls[-1]

    @property
    def counters(self) -> Counter[str]:
        """Calls by operation ("Converse") and by outcome ("Converse.ok", "Converse.ThrottlingException")."""
        return Counter(self._service.recorder.counters)

    @property
    def open_streams(self) -> int:
        """Streams that are being sent."""
        return self._service.recorder.open_streams

    @property
    def peak_streams(self) -> int:
        """The most streams that were sent at once."""
        return self._service.recorder.peak_streams

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)
