"""Ports that nothing listens on, and that nothing else here will take.

A port asked of the kernel and given back may be any client's the next moment, or another worker's. So each process
that runs tests has a block of its own, below those the kernel gives to clients, and holds it by a lock.
"""

import fcntl
import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from typing import BinaryIO

from platformdirs import user_cache_path

FIRST, SIZE, BLOCKS = 10_000, 200, 100  # Linux gives clients 32768 and above
HELD: list[BinaryIO] = []  # a lock ends with its file


def free_port() -> int:
    """For 127.0.0.1; the same one comes again after all others of its block."""
    return next(port for port in _own() if _is_free(port))


@cache
def _own() -> Iterator[int]:
    folder = user_cache_path("supportbot-tests") / "ports"
    folder.mkdir(parents=True, exist_ok=True)
    for number in random.sample(range(BLOCKS), BLOCKS):
        file = (folder / str(number)).open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            HELD.append(file)
            return cycle(range(FIRST + number * SIZE, FIRST + (number + 1) * SIZE))
    raise RuntimeError(f"{BLOCKS} processes run tests on this machine, and each block of ports is taken")


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
