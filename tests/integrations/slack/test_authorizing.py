"""Installed from a browser: once, by whoever began it, in a workspace that is named; else told why, in plain words."""

import json
import logging
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from bot.local.workspace.nouns import Team
from bot.local.workspace.workspace import Workspace
from integrations.slack.authorizing import COOKIE, INSTALL, REDIRECT, SCOPES, States
from rag_core.errors import RejectedError, UnavailableError
from tests.integrations.slack.several import BACK, Broken, Browser, Several


@pytest.fixture
def acme(slack: Workspace) -> Team:
    return slack.add_team("Acme & <b>Co</b>", installed=False)


def exchanges(slack: Workspace) -> int:
    return len(slack.calls("oauth.v2.access"))


def test_the_first_page_sends_to_slack_with_what_the_app_needs(slack: Workspace, ours: Several) -> None:
    reply = ours.door().handle(INSTALL, {"team": "T0ACME"}, {})
    address = urlsplit(reply.headers["Location"])
    asked = {name: value for name, [value] in parse_qs(address.query).items()}
    assert reply.status == 302
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{slack.origin}/oauth/v2/authorize"
    assert asked.pop("state") in reply.headers["Set-Cookie"]
    assert asked == {
        "client_id": slack.app.client_id,
        "scope": ",".join(SCOPES),
        "redirect_uri": BACK,
        "team": "T0ACME",
    }
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert attribute in reply.headers["Set-Cookie"]


def test_what_is_no_workspace_is_not_passed_on(ours: Several) -> None:
    assert "evil" not in ours.door().handle(INSTALL, {"team": "T1&x=evil"}, {}).headers["Location"]


def test_it_is_installed_and_said_so(ours: Several, acme: Team) -> None:
    reply = ours.install(acme)
    assert reply.status == 200
    assert "Acme &amp; &lt;b&gt;Co&lt;/b&gt;" in reply.body
    assert "<b>" not in reply.body
    kept = ours.store.kept(acme.id)
    assert kept is not None
    found = kept.installation
    assert (found.bot_token, found.bot_user_id, found.bot_id) == (acme.token, acme.bot, acme.bot_id)
    assert (found.bot_refresh_token, found.bot_token_expires_at, found.user_token) == (None, None, None)
    assert acme.token not in reply.body + json.dumps(dict(reply.headers))
    assert "Max-Age=0" in reply.headers["Set-Cookie"]


def test_a_browser_comes_through_slacks_own_page(slack: Workspace, ours: Several) -> None:
    browser = Browser(ours.door())
    location = urlsplit(browser.go(INSTALL, {}).headers["Location"])
    connection = HTTPConnection(location.netloc)
    connection.request("GET", f"{location.path}?{location.query}")
    back = urlsplit(connection.getresponse().getheader("Location") or "")
    connection.close()
    query = {name: value for name, [value] in parse_qs(back.query).items()}
    assert browser.go(back.path, query).status == 200
    assert ours.store.kept(slack.team.id) is not None


def test_a_state_that_another_browser_began_installs_nothing(slack: Workspace, ours: Several, acme: Team) -> None:
    mine, theirs = Browser(ours.door()), Browser(ours.door())
    state = theirs.begin()
    mine.begin()
    for browser in (mine, Browser(ours.door())):
        reply = browser.back(slack, acme, state)
        assert reply.status == 400
        assert "another browser" in reply.body
    assert exchanges(slack) == 0


@pytest.mark.parametrize("state", ["", "x", "..", "1.2.3", "\ud800.\u0660.\x00", "9" * 5000])
def test_a_state_that_is_not_ours_installs_nothing(slack: Workspace, ours: Several, acme: Team, state: str) -> None:
    browser = Browser(ours.door(), f"{COOKIE}={state}")
    assert browser.back(slack, acme, state).status == 400
    assert exchanges(slack) == 0


def test_a_changed_state_installs_nothing(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door())
    state = browser.begin()
    later = str(int(state.partition(".")[0]) + 300) + state[state.index(".") :]
    browser.cookie = f"{COOKIE}={later}"
    assert browser.back(slack, acme, later).status == 400
    assert exchanges(slack) == 0


def test_ten_minutes_later_it_begins_anew(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door())
    state = browser.begin()
    slack.pass_time(601)
    assert browser.back(slack, acme, state).status == 400
    assert ours.install(acme).status == 200


def test_a_state_is_good_once(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door())
    state, cookie = browser.begin(), browser.cookie
    assert browser.back(slack, acme, state).status == 200
    browser.cookie = cookie
    reply = browser.back(slack, acme, state)
    assert reply.status == 400
    assert "used already" in reply.body
    assert exchanges(slack) == 1


def test_a_no_is_taken(ours: Several) -> None:
    browser = Browser(ours.door())
    reply = browser.go(REDIRECT, {"error": "access_denied", "state": browser.begin()})
    assert reply.status == 200
    assert "You did not allow the app" in reply.body


def test_what_slack_says_is_escaped_and_short(ours: Several) -> None:
    browser = Browser(ours.door())
    said = "<script>alert(1)</script>" + "x" * 5_000
    reply = browser.go(REDIRECT, {"error": said, "state": browser.begin()})
    assert "<script" not in reply.body
    assert "&lt;script&gt;" in reply.body
    short = browser.go(REDIRECT, {"error": "x", "state": browser.begin()})
    assert len(reply.body) < len(short.body) + 500
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_a_code_that_slack_does_not_take_is_told(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door())
    reply = browser.back(slack, acme, browser.begin(), code="guessed")
    assert (reply.status, reply.code) == (400, "refused")
    assert "invalid_code" in reply.body
    assert browser.go(REDIRECT, {"state": browser.begin()}).status == 400


def test_a_wrong_secret_is_the_operators_and_not_shown(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door(secret="not-the-one"))
    reply = browser.back(slack, acme, browser.begin())
    assert reply.status == 500
    assert "tell whoever runs it" in reply.body
    assert "bad_client_secret" in str(reply.error)
    assert "not-the-one" not in reply.body + str(reply.error)


def test_a_workspace_that_is_not_named_does_not_get_the_app(slack: Workspace, ours: Several, acme: Team) -> None:
    ours.invited = frozenset({slack.team.id})
    reply = ours.install(acme)
    assert (reply.status, reply.code) == (403, "not_named")
    assert "not invited" in reply.body
    assert ours.store.kept(acme.id) is None
    assert acme.token in slack.world.revoked


def test_a_lost_response_is_not_asked_for_again_and_starting_again_helps(
    slack: Workspace, ours: Several, acme: Team
) -> None:
    slack.faults.lose("oauth.v2.access")
    reply = ours.install(acme)
    assert reply.status == 503
    assert "Start again" in reply.body
    assert exchanges(slack) == 1
    assert ours.install(acme).status == 200


def test_who_we_are_there_can_be_learnt_later(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.faults.fail("auth.test", times=None)
    assert ours.install(acme).status == 200
    kept = ours.store.kept(acme.id)
    assert kept is not None
    assert kept.installation.bot_id == ""


@pytest.mark.parametrize("down", ["claim", "put"])
def test_a_store_that_is_down_is_told(ours: Several, acme: Team, down: str) -> None:
    def broken(name: str) -> Exception | None:
        return UnavailableError("down") if name == down else None

    whole = ours.records, ours.claims
    ours.records, ours.claims = Broken(ours.records, broken), Broken(ours.claims, broken)
    assert ours.install(acme).status == 503
    ours.records, ours.claims = whole
    assert ours.install(acme).status == 200


def test_a_token_that_is_no_bots_is_the_operators(ours: Several) -> None:
    with pytest.raises(RejectedError):
        ours.door()._installation({"access_token": "xoxp-1", "token_type": "user"})


def test_any_other_address_is_none(ours: Several) -> None:
    assert ours.door().handle("/slack/install/x", {}, {}).status == 404
    assert ours.door().handle(REDIRECT, {}, {}).status == 400


def test_cookies_in_any_form_are_read(slack: Workspace, ours: Several, acme: Team) -> None:
    browser = Browser(ours.door())
    state = browser.begin()
    code = slack.consent(acme, slack.add_person("Olga", team=acme), redirect_uri=BACK)
    for headers, status in (
        ({"cookie": "\x00;=;" + COOKIE}, 400),
        ({"COOKIE": ["a=b", f'{COOKIE}="{state}"; c=d']}, 200),
    ):
        assert ours.door().handle(REDIRECT, {"code": code, "state": state}, headers).status == status


def test_nothing_of_it_is_logged(slack: Workspace, ours: Several, acme: Team, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = Browser(ours.door())
    state = browser.begin()
    assert browser.back(slack, acme, state).status == 200
    codes = [each.arguments["code"] for each in slack.calls("oauth.v2.access")]
    for secret in (acme.token, slack.app.client_secret, state, *codes):
        assert secret not in caplog.text


def test_it_asks_for_what_the_manifest_asks_for() -> None:
    manifest = yaml.safe_load((Path(__file__).parents[3] / "manifest.yml").read_text("utf-8"))["oauth_config"]
    assert list(SCOPES) == sorted(manifest["scopes"]["bot"])


@pytest.mark.parametrize(
    "other",
    ['prefs={"a":1}', "a=b c", "foo@bar=1", "a", "e=", "=", "x=[1,2]", 'k="v', "u=a,b", "name=Zo\u00eb", "s=\ud800"],
)
def test_whatever_cookies_others_set_ours_is_found(slack: Workspace, ours: Several, acme: Team, other: str) -> None:
    door = ours.door()
    for place, form in enumerate(("{other}; {own}", "{own}; {other}", "{other};{own};{other}")):
        browser = Browser(door)
        state = browser.begin()
        code = slack.consent(acme, slack.add_person(f"Olga {place}", team=acme), redirect_uri=BACK)
        cookies = form.format(other=other, own=browser.cookie)
        assert door.handle(REDIRECT, {"code": code, "state": state}, {"cookie": cookies}).status == 200


@pytest.mark.parametrize("strange", ["\ud800", "x.\ud800", "1.x.\udfff", "\u00e9.\u00e9"])
def test_what_is_no_text_in_utf_8_is_told_like_anything_that_is_not_ours(ours: Several, strange: str) -> None:
    browser = Browser(ours.door())
    state = browser.begin()
    for given, cookie in ((state, strange), (strange, state), (strange, strange)):
        reply = ours.door().handle(REDIRECT, {"code": "c", "state": given}, {"cookie": f"{COOKIE}={cookie}"})
        assert (reply.status, reply.code) == (400, "state")
    assert browser.go(REDIRECT, {"code": strange, "state": state}).status == 400
    state = browser.begin()
    assert "Nothing was installed" in browser.go(REDIRECT, {"error": strange, "state": state}).body.encode().decode()


def test_the_key_of_the_states_is_not_shown() -> None:
    assert "canary" not in repr(States(b"canary"))
