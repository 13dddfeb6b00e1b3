"""Zendesk by the settings: what they must hold, the desk, and what the doctor says of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import doctoring, zendesk
from bot.app import build
from bot.local.account.account import Account
from bot.settings import Settings, load
from rag_core.domain import QuestionId
from rag_core.errors import MisconfiguredError

OAUTH = {"SUPPORTBOT_ZENDESK_CLIENT_ID": "supportbot", "SUPPORTBOT_ZENDESK_CLIENT_SECRET": "s"}
TOKEN = {"SUPPORTBOT_ZENDESK_EMAIL": "a@example.com", "SUPPORTBOT_ZENDESK_TOKEN": "t"}
SUBDOMAIN = {"SUPPORTBOT_ZENDESK_SUBDOMAIN": "example"}


@pytest.mark.parametrize("oauth", [True, False])
def test_a_ticket_is_opened_as_the_settings_say(tmp_path: Path, oauth: bool) -> None:
    with Account() as fake:
        desk = zendesk.desk(settings(fake, tmp_path, oauth=oauth))
        assert desk is not None
        url = desk.open(question_id=QuestionId("q1"), subject="SSO", transcript="it broke", asked_by="slack:T1:U1")
        assert url == f"{fake.url}/agent/tickets/{max(fake.desk.tickets)}"
        assert fake.count("POST oauth/tokens") == int(oauth)


def test_zenpy_is_imported_by_nobody_before_the_first_ticket() -> None:
    program = """
import sys
from bot import slack, zendesk
from bot.settings import Settings
zendesk.desk(Settings(zendesk_subdomain="example", zendesk_email="a@example.com", zendesk_token="t"))
assert not {"zenpy", "requests"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_settings_there_is_no_desk() -> None:
    assert zendesk.desk(Settings()) is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (OAUTH, "^SUPPORTBOT_ZENDESK_SUBDOMAIN is missing"),
        (SUBDOMAIN, "^SUPPORTBOT_ZENDESK_CLIENT_ID and SUPPORTBOT_ZENDESK_CLIENT_SECRET are missing"),
        (SUBDOMAIN | {"SUPPORTBOT_ZENDESK_CLIENT_ID": "bot"}, "^SUPPORTBOT_ZENDESK_CLIENT_SECRET is missing"),
        (SUBDOMAIN | {"SUPPORTBOT_ZENDESK_EMAIL": "a@example.com"}, "^SUPPORTBOT_ZENDESK_TOKEN is missing"),
        (SUBDOMAIN | {"SUPPORTBOT_ZENDESK_TOKEN": "t"}, "^SUPPORTBOT_ZENDESK_EMAIL is missing"),
        (SUBDOMAIN | OAUTH | TOKEN, "CLIENT_ID is wrong: .* set one of them"),
        (SUBDOMAIN | OAUTH | {"SUPPORTBOT_ZENDESK_TOKEN": "t"}, "CLIENT_ID is wrong: .* set one of them"),
        (OAUTH | {"SUPPORTBOT_ZENDESK_SUBDOMAIN": "https://Acme-2.zendesk.com/agent"}, "it is the word acme-2 alone"),
        (OAUTH | {"SUPPORTBOT_ZENDESK_SUBDOMAIN": "acme.zendesk.com"}, "SUBDOMAIN is wrong: it is the word acme alone"),
        (OAUTH | {"SUPPORTBOT_ZENDESK_SUBDOMAIN": "Acme"}, "SUBDOMAIN is wrong: of https://example"),
        ({"SUPPORTBOT_ZENDESK_TICKET_TAG": "faq"}, "^SUPPORTBOT_ZENDESK_SUBDOMAIN is missing"),
        (
            SUBDOMAIN | OAUTH | {"SUPPORTBOT_ZENDESK_CONFIDENCE_FIELD": "5", "SUPPORTBOT_ZENDESK_ANSWER_FIELD": "5"},
            "ANSWER_FIELD is wrong: it is the field of",
        ),
        (SUBDOMAIN | OAUTH | {"SUPPORTBOT_ZENDESK_PLAN": "Team"}, "PLAN is wrong: it is one of .*growth"),
        (SUBDOMAIN | OAUTH | {"SUPPORTBOT_ZENDESK_URL": "ftp://a.b"}, "URL is wrong"),
    ],
)
def test_what_is_half_set_up_says_what_is_missing(environment: dict[str, str], said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        load(environment)
    load(SUBDOMAIN | OAUTH)
    load(SUBDOMAIN | TOKEN)


def test_a_secret_of_zendesk_in_secrets_manager_needs_credentials() -> None:
    assert load(SUBDOMAIN | OAUTH | {"SUPPORTBOT_ZENDESK_CLIENT_SECRET": "secret:zendesk"}).uses_aws
    assert not load(SUBDOMAIN | OAUTH).uses_aws


def test_the_doctor_says_who_it_is(tmp_path: Path) -> None:
    with Account() as fake:
        assert found(settings(fake, tmp_path)) == (True, f"signed in to {fake.url[7:]} as an agent")
        fake.bot["role"] = "end-user"
        assert found(settings(fake, tmp_path))[0] is False
        before = settings(fake, tmp_path)
        fake.authority.client_secret += "another"
        well, text = found(before)
        assert not well
        assert "does not accept the sign-in" in text


def found(stated: Settings) -> tuple[bool, str]:
    return next((each.well, each.text) for each in doctoring.examine(build(stated)) if each.name == "Zendesk")


def settings(fake: Account, home: Path, *, oauth: bool = True) -> Settings:
    own = fake.authority
    signing_in = {"zendesk_client_id": own.client_id, "zendesk_client_secret": own.client_secret}
    if not oauth:
        signing_in = {"zendesk_email": own.email, "zendesk_token": own.token}
    return load(
        {}, home=str(home), embedding_model="none", zendesk_subdomain="example", zendesk_url=fake.url, **signing_in
    )
