"""The fake in a process of its own: python -m tests.fakes.bedrock --port 0 --set first_token=0.3.

Prints one line of JSON with its endpoint_url, then serves until it is terminated or its standard input ends.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from tests.fakes.bedrock.recording import Recorder
from tests.fakes.bedrock.server import Server
from tests.fakes.bedrock.service import Service


async def _serve(port: int, settings: dict[str, object]) -> None:
    service = Service(Recorder(keep=1000))
    service.settings.change(settings)
    server = Server(service, port)
    await server.open()
    print(json.dumps({"endpoint_url": f"http://127.0.0.1:{server.port}"}), flush=True)  # noqa: T201, RUF100
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            over.set()

    with contextlib.suppress(OSError, ValueError):  # a standard input that cannot be waited for
        loop.add_reader(sys.stdin, read)
    await over.wait()
    await server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="one of Settings")
    options = parser.parse_args()
    pairs = (pair.partition("=") for pair in options.set)
    asyncio.run(_serve(options.port, {name: json.loads(value) for name, _, value in pairs}))


if __name__ == "__main__":
    main()
