"""AWS on this machine: moto's server in a thread, and credentials that open nothing.

moto has no Bedrock runtime and no rerank: those need a stub of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import moto.backends
import pytest
from moto.backends import get_backend, list_of_moto_modules
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
NOWHERE = "/dev/null"
SET = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": NOWHERE,
    "AWS_SHARED_CREDENTIALS_FILE": NOWHERE,
    "AWS_EC2_METADATA_DISABLED": "true",
}
UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


@contextmanager
def account() -> Iterator[str]:
    """The url of an empty account; no other can be reached while it is open."""
    get_backend("dynamodb")  # loaded before the first request, which our own client waits a second for
    get_backend("sqs")
    modules = tuple(list_of_moto_modules())  # which moto looks up in its folder with each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        for name in UNSET:
            patch.delenv(name, raising=False)
        for name, value in SET.items():
            patch.setenv(name, value)
        patch.setattr(moto.backends, "list_of_moto_modules", lambda: modules)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def empty(url: str) -> None:
    httpx.post(f"{url}/moto-api/reset", timeout=60, trust_env=False).raise_for_status()
