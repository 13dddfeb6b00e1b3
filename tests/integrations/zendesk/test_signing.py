"""Only Zendesk gets in."""

import random
from datetime import datetime

import pytest

from integrations.zendesk.signing import ForgedError, sign, verify
from rag_core.errors import MisconfiguredError

# the secret is Zendesk's own for webhooks that are tried out, used as it is written; made and checked with openssl:
# printf '%s' "$STAMP$BODY" | openssl dgst -sha256 -hmac "$SECRET" -binary | base64
SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
STAMP = "2021-03-25T05:09:27Z"
NOW = datetime.fromisoformat(STAMP).timestamp()
BODY = b'{"event":"ticket.updated","id":123}'
SIGNED = "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


def test_a_known_signature_is_taken() -> None:
    assert sign(SECRET, STAMP, BODY) == SIGNED
    verify(SECRET, STAMP, SIGNED, BODY, NOW)


@pytest.mark.parametrize("off", [-300, 300])
def test_a_clock_may_be_five_minutes_off(off: float) -> None:
    verify(SECRET, STAMP, SIGNED, BODY, NOW + off)


@pytest.mark.parametrize("off", [-301, 301, 86_400])
def test_a_replayed_request_is_forged(off: float) -> None:
    with pytest.raises(ForgedError):
        verify(SECRET, STAMP, SIGNED, BODY, NOW + off)


@pytest.mark.parametrize(
    "stamp", ["2021-03-25T05:09:27.672717030Z", "2021-03-25T06:09:27+01:00", "2021-03-25T05:09:27.5Z"]
)
def test_a_stamp_may_have_fractions_and_a_zone(stamp: str) -> None:
    verify(SECRET, stamp, sign(SECRET, stamp, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "stamp",
    [
        *("", "now", "1616648967", "1616648967000", "2021-03-25", "2021-03-25T05:09:27", "2021-03-25 05:09:27Z"),
        *("2021-03-25T05:09:27Z\n", " 2021-03-25T05:09:27Z", "2021-02-30T05:09:27Z", "2021-03-25T25:09:27Z"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "２０２１-03-25T05:09:27Z"),
        *("2021-03-25T05:09:27+99:99", "2021-W12-4T05:09:27Z", "1" * 5_000, "20210325T050927Z"),
    ],
)
def test_a_stamp_of_another_form_is_forged(stamp: str) -> None:
    with pytest.raises(ForgedError):
        verify(SECRET, stamp, sign(SECRET, stamp, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "signature", ["", SIGNED[:-1], SIGNED.lower(), f"{SIGNED} ", f"sha256={SIGNED}", "é", "\ud800", SIGNED + "="]
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


def test_what_stands_between_stamp_and_body_is_not_ours() -> None:
    for joined in (f"{STAMP}.".encode() + BODY, BODY):
        with pytest.raises(ForgedError):
            verify(SECRET, STAMP, sign(SECRET, "", joined), BODY, NOW)


def test_another_secret_is_not_ours() -> None:
    with pytest.raises(ForgedError):
        verify(SECRET[:-1], STAMP, SIGNED, BODY, NOW)


@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_without_a_secret_nobody_is_taken_for_zendesk(secret: str) -> None:
    with pytest.raises(MisconfiguredError, match="WEBHOOK_SECRET"):
        verify(secret, STAMP, sign(secret, STAMP, BODY), BODY, NOW)
