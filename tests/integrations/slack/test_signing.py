"""Only Slack gets in."""

import random
from pathlib import Path

import pytest

from integrations.slack.signing import ForgedError, sign, verify
from rag_core.errors import MisconfiguredError

# the example of https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET, STAMP, NOW = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618", 1531420618.0
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_slacks_own_example_is_taken() -> None:
    verify(SECRET, STAMP, SIGNED, BODY, NOW)


@pytest.mark.parametrize("off", [-300, 300])
def test_a_clock_may_be_five_minutes_off(off: float) -> None:
    verify(SECRET, STAMP, SIGNED, BODY, NOW + off)


@pytest.mark.parametrize("off", [-301, 301, 86_400])
def test_a_replayed_request_is_forged(off: float) -> None:
    with pytest.raises(ForgedError):
        verify(SECRET, STAMP, SIGNED, BODY, NOW + off)


@pytest.mark.parametrize(
    "stamp",
    ["", "now", "1531420618.0", " 1531420618", "-1", "１５３１４２０６１８", "1" * 5_000, "1531420618\n", "nan", "1e9"],
)
def test_a_stamp_that_is_no_number_is_forged(stamp: str) -> None:
    with pytest.raises(ForgedError):
        verify(SECRET, stamp, sign(SECRET, stamp, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "signature", ["", "v0=", SIGNED[3:], SIGNED.upper(), f"{SIGNED} ", "v0=é", "\ud800", "v1" + SIGNED[2:]]
)
def test_a_signature_of_another_form_is_forged(signature: str) -> None:
    with pytest.raises(ForgedError):
        verify(SECRET, STAMP, signature, BODY, NOW)


def test_no_bit_of_body_or_signature_may_change() -> None:
    chance = random.Random(1)  # noqa: S311
    for _ in range(300):
        body = bytearray(BODY)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        with pytest.raises(ForgedError):
            verify(SECRET, STAMP, SIGNED, bytes(body), NOW)
    for at in range(len(SIGNED)):
        changed = SIGNED[:at] + chr(ord(SIGNED[at]) ^ 1) + SIGNED[at + 1 :]
        with pytest.raises(ForgedError):
            verify(SECRET, STAMP, changed, BODY, NOW)


def test_another_secret_is_not_ours() -> None:
    with pytest.raises(ForgedError):
        verify(SECRET[:-1], STAMP, SIGNED, BODY, NOW)


@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_without_a_secret_nobody_is_taken_for_slack(secret: str) -> None:
    with pytest.raises(MisconfiguredError, match="SIGNING_SECRET"):
        verify(secret, STAMP, sign(secret, STAMP, BODY), BODY, NOW)


def test_no_signature_in_the_project_is_compared_by_equality() -> None:
    root = Path(__file__).resolve().parents[3]
    found = [
        f"{path.name}: {line.strip()}"
        for folder in ("bot", "integrations", "rag_core")
        for path in (root / folder).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if ("==" in line or "!=" in line) and any(word in line for word in ("signature", "digest", "hmac", "sign("))
    ]
    assert found == []
