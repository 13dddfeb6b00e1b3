"""Who is let in from Zendesk, and every token that is none."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot.api.sidebar_access import LONGEST_TOKEN
from bot.settings import Settings, load
from rag_core.errors import MisconfiguredError
from tests.bot.api.asking import Client
from tests.bot.api.signing import AGENT, SECRET, SETTINGS, Zendesk, claims, token


@pytest.fixture
def zendesk(home: Path) -> Zendesk:
    return Zendesk(Client(home, SETTINGS))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(header: object, body: object, signature: str = "") -> str:
    return f"{part(header)}.{part(body)}.{signature}"


def by_secret(header: dict[str, Any], body: bytes | str | dict[str, Any]) -> str:
    """Signed rightly, whatever it says."""
    payload = (
        json.dumps(body).encode() if isinstance(body, dict) else body if isinstance(body, bytes) else body.encode()
    )
    return jwt.api_jws.encode(payload, SECRET, "HS256", headers=header)


def test_a_token_that_zendesk_signed_opens(zendesk: Zendesk) -> None:
    reply = zendesk.draft()
    assert (reply.status, reply.json["state"], reply.json["answer"]) == (200, "none", None)


def test_clocks_may_differ_a_little(zendesk: Zendesk) -> None:
    now = int(time.time())
    assert zendesk.draft(signed=token(iat=now + 20, exp=now + 320)).status == 200
    assert zendesk.draft(signed=token(exp=now - 20)).status == 200


def test_a_token_need_not_say_when_it_was_made(zendesk: Zendesk) -> None:
    assert zendesk.draft(signed=token(iat=None)).status == 200


ATTACKS: dict[str, Any] = {
    "nothing": lambda: "",
    "no token": lambda: "x",
    "alg none": lambda: forged({"alg": "none", "typ": "JWT"}, claims()),
    "alg None": lambda: forged({"alg": "None"}, claims()),
    "no alg": lambda: forged({"typ": "JWT"}, claims()),
    "alg a list": lambda: forged({"alg": ["HS256"]}, claims()),
    "HS512 by the right secret": lambda: token(SECRET * 2, "HS512"),
    "HS384 by the right secret": lambda: token(SECRET * 2, "HS384"),
    "RS256": lambda: forged({"alg": "RS256"}, claims(), "c2lnbmF0dXJl"),
    "another secret": lambda: token("another-secret-of-somebody-else-01"),
    "signature cut off": lambda: token().rpartition(".")[0] + ".",
    "signature of another": lambda: f"{forged({'alg': 'HS256'}, claims())[:-1]}.{token(sub='1').rpartition('.')[2]}",
    "claims changed": lambda: ".".join([token().split(".")[0], part(claims(sub="1")), token().split(".")[2]]),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "no exp": lambda: token(exp=None),
    "exp a word": lambda: by_secret({}, claims(exp="soon")),
    "exp infinite": lambda: by_secret({}, json.dumps(claims()).replace('"exp": ', '"exp": 1e999, "x": ')),
    "exp a list": lambda: by_secret({}, claims(exp=[1])),
    "good for a year": lambda: token(exp=int(time.time()) + 31_536_000),
    "good for ten minutes": lambda: token(exp=int(time.time()) + 600),
    "from tomorrow": lambda: token(iat=int(time.time()) + 86_400, exp=int(time.time()) + 86_460),
    "not before tomorrow": lambda: token(nbf=int(time.time()) + 86_400),
    "another account": lambda: token(iss="other"),
    "no account": lambda: token(iss=None),
    "for another service": lambda: token(aud="other"),
    "for nobody": lambda: token(aud=None),
    "no agent": lambda: token(sub=None),
    "agent a path": lambda: token(sub="1:../../x"),
    "agent zero": lambda: token(sub="0"),
    "agent of other digits": lambda: token(sub="٣٣"),
    "agent a number": lambda: by_secret({}, claims(sub=7)),
    "critical header": lambda: by_secret({"crit": ["exp"], "exp": 1}, claims()),
    "huge": lambda: token(padding="x" * LONGEST_TOKEN),
    "a megabyte": lambda: "a" * 1_000_000,
    "deep header": lambda: base64.urlsafe_b64encode(b"[" * 1_400).decode() + "." + part(claims()) + ".x",
    "payload no object": lambda: by_secret({}, "[1]"),
    "payload no JSON": lambda: by_secret({}, b"\xff\xfe"),
    "deep payload": lambda: by_secret({}, b"[" * 1_200),
    "not ASCII": lambda: "é" * 40,
    "half a character": lambda: "\ud800" * 40,
    "many dots": lambda: "." * 2_000,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_other_token_is_refused(zendesk: Zendesk, attack: str) -> None:
    refused = zendesk.ask("How long does a refund take?", signed=ATTACKS[attack]())
    assert (refused.status, refused.code) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert zendesk.client.parts.drafts == []


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic x"}, {"x-api-key": "key-of-the-intranet-0001"}])
def test_nothing_else_signs_in(zendesk: Zendesk, headers: dict[str, str]) -> None:
    assert zendesk.client.call("GET", "/zendesk/app/tickets/7/draft", caller=None, headers=headers).status == 401


def test_a_key_of_the_query_api_opens_no_sidebar_and_the_other_way_round(zendesk: Zendesk) -> None:
    assert zendesk.client.call("GET", "/zendesk/app/tickets/7/draft").status == 401
    asked = zendesk.client.call(
        "POST", "/query", {"query": "?"}, caller=None, headers={"authorization": f"Bearer {token()}"}
    )
    assert asked.status == 401


def test_without_a_secret_there_is_no_sidebar(client: Client) -> None:
    refused = Zendesk(client).draft()
    assert (refused.status, refused.code) == (404, "not_found")


def test_the_token_signed_with_an_empty_secret_opens_nothing(client: Client) -> None:
    unsigned = forged({"alg": "HS256"}, claims())
    assert Zendesk(client).draft(signed=unsigned).status == 404


def test_a_secret_that_can_be_guessed_is_refused(home: Path) -> None:
    stated = {f"SUPPORTBOT_{name.upper()}": value for name, value in SETTINGS.items()}
    with pytest.raises(MisconfiguredError, match="ZENDESK_APP_SECRET is wrong: it has at least 32"):
        load(stated | {"SUPPORTBOT_ZENDESK_APP_SECRET": "short"})
    assert isinstance(load(stated), Settings)
    assert isinstance(load(stated | {"SUPPORTBOT_ZENDESK_APP_SECRET": "secret:short"}), Settings)
    short = Zendesk(Client(home, SETTINGS | {"zendesk_app_secret": "short"})).draft()
    assert (short.status, short.code) == (500, "misconfigured")


def test_the_sidebar_alone_is_enough_to_start_the_api(home: Path) -> None:
    alone = Zendesk(Client(home, SETTINGS | {"api_callers": ""}))
    assert alone.draft().status == 200
    assert alone.client.ask().status == 401


def test_the_log_names_the_installation_and_no_agent(zendesk: Zendesk) -> None:
    zendesk.draft()
    written = zendesk.client.log.getvalue()
    assert '"caller":"zendesk:acme"' in written
    assert AGENT not in written
    assert SECRET not in written
