"""Only this machine's browser, and only from our own pages."""

import httpx
import pytest

ASKED = {"question": "How long do refunds take?"}
OWN = "http://127.0.0.1:8765"
HERE = {"Host": "127.0.0.1:8765"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "localhost@evil"])
def test_a_foreign_name_for_this_machine_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:8765"])
def test_our_own_names_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_of_another_site_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/answers", data=ASKED, headers=HERE | headers, follow_redirects=False).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}])
def test_our_own_form_is_taken(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/answers", data=ASKED, headers=HERE | headers, follow_redirects=False).status_code == 303


def test_a_body_larger_than_any_question_is_not_read(client: httpx.Client) -> None:
    assert client.post("/answers", data={"question": "x" * 200_000}).status_code == 413


@pytest.mark.parametrize("path", ["/", "/report", "/nowhere", "/static/style.css", "/documents/refunds"])
def test_every_response_says_what_it_may_do(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
