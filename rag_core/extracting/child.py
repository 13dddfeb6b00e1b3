"""The child process that reads files which can explode; it is handed a pipe, a limit on memory, and nothing else.

Its answers are data, never pickles: what broke out of a parser must not run in the parent too.
"""

import os
import resource
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

import msgspec

from rag_core.errors import RejectedError
from rag_core.extracting import reading
from rag_core.extracting.extracted import Extracted


class Read(msgspec.Struct, frozen=True):
    """What became of one file: a document, a reason for its author, or the name of what its reader raised."""

    extracted: Extracted | None = None
    reason: str = ""
    broken: str = ""


def answer(suffix: str, content: bytes) -> bytes:
    try:
        return msgspec.msgpack.encode(Read(reading.read(suffix, content)))
    except RejectedError as error:
        return msgspec.msgpack.encode(Read(reason=str(error)))
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a damaged file
        return msgspec.msgpack.encode(Read(broken=type(error).__name__))


def main(descriptor: int, megabytes: int) -> None:
    """File after file, until the parent hangs up."""
    limit(megabytes)
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    with Connection(descriptor) as parent, suppress(EOFError, OSError):
        parent.send_bytes(b"ready")
        while True:
            suffix, content = parent.recv_bytes().decode(), parent.recv_bytes()
            parent.send_bytes(answer(suffix, content))


def limit(megabytes: int) -> None:
    size, (_, most) = megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):  # where the system knows no such limit, the time limit remains
        resource.setrlimit(resource.RLIMIT_AS, (size if most == resource.RLIM_INFINITY else min(size, most), most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with(parent: int) -> None:
    """A parent that is killed cannot stop its children, nor what one of them is at."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
