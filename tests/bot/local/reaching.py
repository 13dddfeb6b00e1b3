"""An application on a port of this machine, as it is served to a person."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from bot.local.serving import listening, server


@contextmanager
def reached(application: ASGIApp) -> Iterator[str]:
    """Its address."""
    with listening(0) as listener:
        running = server(application)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(10)
    assert not thread.is_alive()
