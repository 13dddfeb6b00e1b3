from hashlib import sha256
from json import dumps as json
from pathlib import Path

import boto3
import msgspec
import pytest

from bot.api.callers import Callers, load
from bot.api.errors import RefusedError
from bot.settings import Settings
from rag_core.domain import Audience, PersonId
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.api.asking import CALLERS, KEYS, SECRET, callers
from tests.services.ports import free_port

HASH = sha256(b"k").hexdigest()
GOOD = {"name": "a", "key_sha256": [HASH]}


def loaded(*stated: object) -> Callers:
    return load(Settings(api_callers=msgspec.json.encode(stated).decode()))


def test_each_key_is_its_callers() -> None:
    known = callers()
    assert {name: known.identify(key).name for name, key in KEYS.items()} == {name: name for name in KEYS}


def test_a_hash_is_no_key() -> None:
    known = callers()
    for caller in CALLERS:
        with pytest.raises(RefusedError):
            known.identify(caller["key_sha256"][0])


def test_two_keys_are_good_while_one_is_exchanged() -> None:
    known = callers(key_sha256=[HASH, CALLERS[0]["key_sha256"][0]])
    assert known.identify("k").name == known.identify(KEYS["intranet"]).name == "intranet"


def test_every_hash_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    known = callers()

    def compare(one: bytes, other: bytes) -> bool:
        seen.append(one)
        return one == other

    monkeypatch.setattr("bot.api.callers.compare_digest", compare)
    known.identify(KEYS["intranet"])
    assert len(seen) == len(CALLERS)


@pytest.mark.parametrize(
    "stated",
    [
        [],
        [GOOD | {"key_sha256": []}],
        [GOOD | {"key_sha256": [sha256(b"").hexdigest()]}],
        [GOOD | {"key_sha256": ["k"]}],
        [GOOD | {"key_sha256": [HASH.upper()]}],
        [GOOD | {"name": ""}],
        [GOOD | {"name": "A b"}],
        [GOOD | {"audiences": []}],
        [GOOD | {"audiences": ["everyone"]}],
        [GOOD | {"quota": 0}],
        [GOOD | {"audience": ["internal"]}],
        [GOOD, GOOD | {"name": "b"}],
        [GOOD, GOOD | {"key_sha256": [sha256(b"l").hexdigest()]}],
        [GOOD | {"callback": {"url": "http://example.com/", "secret": SECRET}}],
        [GOOD | {"callback": {"url": "https://ada@example.com/", "secret": SECRET}}],
        [GOOD | {"callback": {"url": "https:///x", "secret": SECRET}}],
        [GOOD | {"callback": {"url": "https://example.com:99999/", "secret": SECRET}}],
        [GOOD | {"callback": {"url": "https://example.com/", "secret": ""}}],
        [GOOD | {"callback": {"url": "https://example.com/"}}],
    ],
)
def test_it_does_not_start_with_a_door_open(stated: list[object]) -> None:
    with pytest.raises(MisconfiguredError, match=r"API|callback"):
        loaded(*stated)


@pytest.mark.parametrize("stated", ["", "  ", "/no/such/file", "{}", "[{]"])
def test_it_does_not_start_without_callers(stated: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_API_CALLERS"):
        load(Settings(api_callers=stated))


def test_the_narrowest_audience_is_the_default() -> None:
    for audiences, expected in ((["internal", "public"], Audience.PUBLIC), (["internal"], Audience.INTERNAL)):
        assert callers(audiences=audiences).identify(KEYS["intranet"]).audience(None) is expected
    with pytest.raises(RefusedError):
        callers(audiences=["internal"]).identify(KEYS["intranet"]).audience(Audience.PUBLIC)


def test_people_of_other_channels_are_no_callers() -> None:
    known = callers()
    assert known.named(PersonId("api:intranet")) is not None
    assert known.named(PersonId("intranet")) is known.named(PersonId("api:nobody")) is None


def test_they_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "callers.json").write_bytes(msgspec.json.encode([GOOD]))
    assert load(Settings(api_callers=str(tmp_path / "callers.json"))).identify("k").name == "a"


def test_they_may_stand_in_a_secret(aws_url: str) -> None:
    text = msgspec.json.encode([GOOD]).decode()
    boto3.client("secretsmanager").create_secret(Name="callers", SecretString=text)
    stated = Settings(api_callers="secret:callers", region="eu-central-1", aws_url=aws_url)
    assert load(stated).identify("k").name == "a"
    with pytest.raises(MisconfiguredError, match="ResourceNotFound"):
        load(msgspec.structs.replace(stated, api_callers="secret:none"))
    boto3.client("secretsmanager").create_secret(
        Name="all", SecretString=f'{{"api": {text}, "api_text": {json(text)}}}'
    )
    for field in ("api", "api_text"):
        assert load(msgspec.structs.replace(stated, api_callers=f"secret:all#{field}")).identify("k").name == "a"
    with pytest.raises(MisconfiguredError, match="the secret all has no field none: add it"):
        load(msgspec.structs.replace(stated, api_callers="secret:all#none"))
    with pytest.raises(MisconfiguredError, match="the secret callers is not JSON with fields"):
        load(msgspec.structs.replace(stated, api_callers="secret:callers#api"))
    boto3.client("secretsmanager").create_secret(Name="binary", SecretBinary=b"x")
    with pytest.raises(MisconfiguredError, match="holds no text"):
        load(msgspec.structs.replace(stated, api_callers="secret:binary"))
    with pytest.raises(UnavailableError, match="Secrets Manager cannot be reached"):
        load(msgspec.structs.replace(stated, aws_url=f"http://127.0.0.1:{free_port()}"))


def test_a_secret_is_not_shown() -> None:
    found = callers(callback={"url": "https://example.com/", "secret": SECRET}).identify(KEYS["intranet"])
    assert SECRET not in repr(found)
