"""Zendesk's proxy, as far as an app can tell: what it signs, and what it does not send."""

import time
from typing import Any

import jwt
import pytest

from bot.local.zendeskapp.proxying import Got, Proxy, Sent
from tests.bot.local.zendeskapp.page import HOST, SECRET

ASKED: dict[str, Any] = {
    "url": f"https://{HOST}/zendesk/app/ask",
    "type": "POST",
    "headers": {"Authorization": "Bearer {{jwt.token}}", "X-Other": "{{setting.shared_secret}}"},
    "jwt": {
        "algorithm": "HS256",
        "secret_key": "{{setting.shared_secret}}",
        "expiry": 60,
        "claims": {"iss": "acme", "aud": "supportbot"},
    },
    "secure": True,
    "data": "{}",
    "contentType": "application/json",
}


@pytest.fixture
def sent() -> list[Sent]:
    return []


@pytest.fixture
def proxy(sent: list[Sent]) -> Proxy:
    def send(each: Sent) -> Got:
        sent.append(each)
        return Got(200, "{}")

    return Proxy({"shared_secret": SECRET}, frozenset({HOST}), send)


def test_it_signs_with_a_setting_the_browser_does_not_have(proxy: Proxy, sent: list[Sent]) -> None:
    assert proxy.request(ASKED) == Got(200, "{}")
    token = sent[0].headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="supportbot", issuer="acme")
    assert 55 <= claims["exp"] - time.time() <= 60
    assert (sent[0].method, sent[0].body, sent[0].headers["Content-Type"]) == ("POST", b"{}", "application/json")


def test_a_setting_goes_nowhere_but_into_the_key(proxy: Proxy, sent: list[Sent]) -> None:
    proxy.request(ASKED)
    assert sent[0].headers["X-Other"] == "{{setting.shared_secret}}"


@pytest.mark.parametrize(
    "url", ["https://evil.example/", f"http://{HOST}/", f"https://{HOST}.evil.example/", "file:///etc/passwd", ""]
)
def test_only_the_manifests_hosts_are_called(proxy: Proxy, sent: list[Sent], url: str) -> None:
    assert proxy.request(ASKED | {"url": url}).status == 403
    assert sent == []


def test_what_is_not_secure_is_not_signed(proxy: Proxy, sent: list[Sent]) -> None:
    proxy.request(ASKED | {"secure": False})
    assert sent[0].headers["Authorization"] == "Bearer "
