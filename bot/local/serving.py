"""Serve the playground to this machine and nobody else."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from rag_core.errors import MisconfiguredError

ADDRESS = "127.0.0.1"
PATIENCE = 3  # seconds for answers that are under way when it is stopped


def serve(application: ASGIApp, port: int, ready: Callable[[str], None]) -> None:
    """Until Ctrl-C; `ready` is told the address once connections are accepted."""
    with listening(port) as listener:
        ready(f"http://{ADDRESS}:{listener.getsockname()[1]}/")
        try:
            server(application).run(sockets=[listener])
        except KeyboardInterrupt:
            return  # uvicorn has ended what was under way, and raises the signal again


def server(application: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=PATIENCE,
        )
    )


def listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise MisconfiguredError(
            f"port {port} cannot be opened ({error.strerror}): choose another with --port, or --port 0 for a free one"
        ) from error
    return listener
