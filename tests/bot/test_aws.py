"""The parts on AWS as the settings make them."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from bot import aws, aws_doctoring
from bot.settings import Settings
from rag_core.errors import MisconfiguredError
from tests.services.redis import Server


def waiting(settings: Settings) -> str:
    return aws_doctoring.queue(settings, "queue_url")


ASKED = pytest.mark.parametrize("ask", [aws.identity, waiting])
Ask = Callable[[Settings], str]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def settings(url: str) -> Settings:
    return Settings(
        region="eu-central-1", aws_url=url, queue_url=f"{url}/1/jobs", connect_timeout=0.2, read_timeout=0.2
    )


@ASKED
def test_the_doctor_asks_once_and_waits_no_longer_than_the_settings_say(ask: Ask, silent: socket.socket) -> None:
    started = time.monotonic()
    with pytest.raises(MisconfiguredError, match="timeout"):
        ask(settings(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert time.monotonic() - started < 5
    silent.settimeout(0.2)
    silent.accept()[0].close()
    with pytest.raises(TimeoutError):
        silent.accept()


@ASKED
def test_an_address_that_boto3_does_not_take_is_a_setting_that_is_wrong(ask: Ask) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_AWS_URL"):
        ask(settings("garbage"))


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_PROFILE", "nosuch")
    with pytest.raises(MisconfiguredError, match="check AWS_PROFILE"):
        aws.bills(Settings())


@pytest.fixture
def guarded_redis(redis_server: Server) -> Iterator[Server]:
    """With a password, which the server of all tests must not keep."""
    with Redis.from_url(redis_server.url) as admin:  # signed in before there was one
        admin.config_set("requirepass", "s/cret")
        yield redis_server
        admin.config_set("requirepass", "")


def test_redis_is_signed_in_to_with_the_password_of_its_url(guarded_redis: Server) -> None:
    for password, signed_in in (("s%2Fcret", True), ("other", False)):
        address = guarded_redis.url.replace("//", f"//:{password}@")
        with aws.cache(Settings(redis_url=address)) as cache:  # how long it waits for a value is no matter here
            assert cache.warm(20) == signed_in
