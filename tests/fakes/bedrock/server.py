"""The listening socket and the connections on it."""

import asyncio
import socket

from tests.fakes.bedrock.service import Service
from tests.fakes.bedrock.ticking import Ticker
from tests.fakes.bedrock.wire import Connection

_BACKLOG = 1024  # hundreds of clients connect at once


class Server:
    """Opens and closes on the loop it was made in; keeps its port when it is opened again."""

    def __init__(self, service: Service, port: int = 0) -> None:
        self.port = port
        self._service = service
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None

    async def open(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port), backlog=_BACKLOG)
        self.port = listening.getsockname()[1]
        loop, ticker = asyncio.get_running_loop(), Ticker()
        self._listener = await loop.create_server(
            lambda: Connection(self._service.serve, self._connections, ticker), sock=listening, backlog=_BACKLOG
        )

    async def close(self) -> None:
        """Stop listening and break what is open: the next to connect is refused."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self._connections):
            connection.reset()
        await asyncio.sleep(0)  # lets the transports close their sockets
