"""Socket Mode: the app keeps a WebSocket open, is sent envelopes and acknowledges each."""

import asyncio
import itertools
import threading
import uuid
from concurrent.futures import Future

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.local.workspace.carrying import PATIENCE
from bot.local.workspace.nouns import Json
from bot.local.workspace.parcels import Parcel, Reply, Retry, Sort

NO_CONNECTION = Reply(0, reason="connection_failed")
TOO_LATE = Reply(0, reason="http_timeout")


class Sockets:
    """The open connections; each parcel goes down one of them, in turn."""

    def __init__(self, app_id: str, patience: float = PATIENCE) -> None:
        self._app_id, self._patience = app_id, patience
        self._open: list[WebSocket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, Future[Json]] = {}
        self._turn = itertools.count()
        self._changed = threading.Condition()

    @property
    def connected(self) -> int:
        return len(self._open)

    def carry(self, parcel: Parcel, retry: Retry | None) -> Reply:
        with self._changed:
            if not self._open or self._loop is None:
                return NO_CONNECTION
            link = self._open[next(self._turn) % len(self._open)]
            loop = self._loop
        ident, answered = str(uuid.uuid4()), Future[Json]()
        self._waiting[ident] = answered
        try:
            asyncio.run_coroutine_threadsafe(link.send_text(_envelope(ident, parcel, retry)), loop).result(
                self._patience
            )
            return Reply(200, msgspec.json.encode(answered.result(self._patience)))
        except TimeoutError:
            return TOO_LATE
        except (RuntimeError, WebSocketDisconnect):
            return NO_CONNECTION
        finally:
            self._waiting.pop(ident, None)

    async def serve(self, link: WebSocket) -> None:
        """One connection, from hello to its end."""
        await link.accept()
        with self._changed:
            self._loop = asyncio.get_running_loop()
            self._open.append(link)
            count = len(self._open)
            self._changed.notify_all()
        try:
            await link.send_text(_hello(self._app_id, count))
            while True:
                self._acknowledged(await link.receive_text())
        except WebSocketDisconnect:
            return
        finally:
            with self._changed:
                if link in self._open:
                    self._open.remove(link)
                self._changed.notify_all()

    def await_connected(self, timeout: float, count: int = 1) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self._open) >= count, timeout)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to come back, and close it, as Slack does every few hours."""
        with self._changed:
            links, loop = list(self._open), self._loop
            self._open.clear()
        for link in links:
            if loop is not None:
                asyncio.run_coroutine_threadsafe(_dismiss(link, reason), loop).result(self._patience)

    def _acknowledged(self, text: str) -> None:
        said = msgspec.json.decode(text)
        waiting = self._waiting.get(said.get("envelope_id", "")) if isinstance(said, dict) else None
        if waiting is not None and not waiting.done():
            waiting.set_result(said.get("payload") or {})


def _envelope(ident: str, parcel: Parcel, retry: Retry | None) -> str:
    envelope: Json = {
        "envelope_id": ident,
        "payload": parcel.payload,
        "type": parcel.sort.value,
        "accepts_response_payload": parcel.sort is not Sort.EVENT,
    }
    if parcel.sort is Sort.EVENT:
        envelope |= {"retry_attempt": retry.number if retry else 0, "retry_reason": retry.reason if retry else ""}
    return msgspec.json.encode(envelope).decode()


def _hello(app_id: str, connections: int) -> str:
    debug = {"host": "applink-local", "build_number": 1, "approximate_connection_time": 18060}
    hello = {
        "type": "hello",
        "num_connections": connections,
        "debug_info": debug,
        "connection_info": {"app_id": app_id},
    }
    return msgspec.json.encode(hello).decode()


async def _dismiss(link: WebSocket, reason: str) -> None:
    await link.send_text(msgspec.json.encode({"type": "disconnect", "reason": reason, "debug_info": {}}).decode())
    await link.close()
