"""Let the version before answer again, once for each time that somebody asks for it.

Which one that is, is noted before it is brought back: who dies in between, or whose answer is lost, comes again, and
would bring back the other.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from rag_core.ports import Assembly, Records

GROUP = "rollbacks"
KEPT = timedelta(days=15)  # longer than a queue delivers


class Noted(msgspec.Struct, frozen=True):
    """What was decided for one who asked."""

    version: str
    done: bool = False


def roll_back(assembly: Assembly, records: Records, once: str, then: Callable[[str], None] = lambda _: None) -> str:
    """The version that answers now, or answered when the same `once` came first. Raises RejectedError.

    `then`: done with it, perhaps twice, before it counts as done.
    """
    seen = records.get(GROUP, once)
    if seen is None:
        noted = Noted(assembly.before())
        if not records.change(GROUP, once, msgspec.json.encode(noted), seen=None, ttl=KEPT):
            seen = records.get(GROUP, once)  # another delivery was faster
    if seen is not None:
        noted = msgspec.json.decode(seen.value, type=Noted)
    if not noted.done:
        assembly.bring_back(noted.version)
        then(noted.version)
        records.put(GROUP, once, msgspec.json.encode(Noted(noted.version, done=True)), ttl=KEPT)
    return noted.version
