import http.client
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Json, Team, User
from bot.local.workspace.workspace import Workspace

Refused = Callable[..., Json]


@pytest.fixture
def rotating() -> Iterator[Workspace]:
    with Workspace(rotating=True) as slack:
        yield slack


@pytest.fixture
def other(slack: Workspace) -> Team:
    return slack.add_team("Other Co", installed=False)


@pytest.fixture
def grace(slack: Workspace, other: Team) -> User:
    return slack.add_person("Grace", team=other)


def credentials(slack: Workspace) -> dict[str, str]:
    return {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}


def test_a_code_becomes_a_token_of_its_team_once(slack: Workspace, other: Team, grace: User, refused: Refused) -> None:
    web = WebClient(base_url=slack.url)
    code = slack.consent(other, grace)
    answer = web.oauth_v2_access(**credentials(slack), code=code)
    assert (answer["team"]["id"], answer["bot_user_id"], answer["authed_user"]["id"]) == (other.id, other.bot, grace.id)
    assert "refresh_token" not in answer
    told = WebClient(token=answer["access_token"], base_url=slack.url).auth_test()
    assert (told["team_id"], told["user_id"], told["bot_id"]) == (other.id, other.bot, other.bot_id)
    assert refused(web.oauth_v2_access, **credentials(slack), code=code)["error"] == "invalid_code"


def test_an_exchange_needs_the_app_s_secret_and_its_redirect(
    slack: Workspace, other: Team, grace: User, refused: Refused
) -> None:
    web = WebClient(base_url=slack.url)
    code = slack.consent(other, grace, redirect_uri="https://bot.example/back")
    wrong = credentials(slack) | {"client_secret": "wrong"}
    assert refused(web.oauth_v2_access, **wrong, code=code)["error"] == "bad_client_secret"
    strange = credentials(slack) | {"client_id": "1.2"}
    assert refused(web.oauth_v2_access, **strange, code=code)["error"] == "invalid_client_id"
    answer = refused(web.oauth_v2_access, **credentials(slack), code=code, redirect_uri="https://elsewhere.example")
    assert answer["error"] == "bad_redirect_uri"


def test_a_rotating_token_expires_and_is_renewed_once(rotating: Workspace, refused: Refused) -> None:
    ada = rotating.add_person("Ada")
    web = WebClient(base_url=rotating.url)
    first = web.oauth_v2_access(**credentials(rotating), code=rotating.consent(rotating.team, ada))
    client = WebClient(token=first["access_token"], base_url=rotating.url)
    client.auth_test()
    rotating.pass_time(first["expires_in"] + 1)
    assert refused(client.auth_test)["error"] == "token_expired"
    renew = credentials(rotating) | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = web.oauth_v2_access(**renew)
    assert second["access_token"] != first["access_token"]
    WebClient(token=second["access_token"], base_url=rotating.url).auth_test()
    assert refused(web.oauth_v2_access, **renew)["error"] == "invalid_refresh_token"


def test_a_revoked_token_is_void(client: WebClient, refused: Refused) -> None:
    assert client.auth_revoke(test=True)["revoked"] is False
    assert client.auth_revoke()["revoked"] is True
    assert refused(client.auth_test)["error"] == "token_revoked"


def test_consent_sends_the_browser_back_with_a_code(slack: Workspace, other: Team, grace: User) -> None:
    asked = {
        "client_id": slack.app.client_id,
        "redirect_uri": "https://bot.example/back",
        "state": "s1",
        "scope": "chat:write",
        "team": other.id,
    }
    connection = http.client.HTTPConnection(slack.origin.removeprefix("http://"), timeout=5)
    connection.request("GET", f"/oauth/v2/authorize?{urlencode(asked)}")
    answer = connection.getresponse()
    connection.close()
    back = urlsplit(answer.headers["Location"])
    query = parse_qs(back.query)
    assert (answer.status, back.netloc, query["state"]) == (302, "bot.example", ["s1"])
    access = WebClient(base_url=slack.url).oauth_v2_access(
        **credentials(slack), code=query["code"][0], redirect_uri="https://bot.example/back"
    )
    assert (access["team"]["id"], access["scope"]) == (other.id, "chat:write")
    assert access["authed_user"]["id"] == grace.id
