"""Send an answer as it is made, as server-sent events.

The core is synchronous: it works in a thread of its own, and what it says crosses over to the event loop in order.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping

from rag_core.errors import SupportBotError

Emit = Callable[[str, Mapping[str, str]], None]  # an event's name and data
Event = tuple[str, Mapping[str, str]]


async def events(work: Callable[[Emit], None]) -> AsyncIterator[str]:
    """What `work` emits while it runs; the last event is "problem" when it could not finish."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event | None]()

    def put(event: Event | None) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, event)

    working = asyncio.create_task(asyncio.to_thread(_run, work, put))
    while event := await queue.get():
        yield encoded(*event)
    await working


def _run(work: Callable[[Emit], None], put: Callable[[Event | None], None]) -> None:
    try:
        work(lambda name, data: put((name, data)))
    except SupportBotError as error:
        put(("problem", {"text": sentence(error)}))
    except Exception:
        put(("problem", {"text": "Something went wrong here; the terminal says what."}))
        raise
    finally:
        put(None)


def encoded(name: str, data: Mapping[str, str]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def sentence(error: Exception) -> str:
    """An error's message as a sentence."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
