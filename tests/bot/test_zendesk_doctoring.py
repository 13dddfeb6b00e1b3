"""The doctor says of each part of Zendesk whether it is as the settings say, and what to do if not."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot import doctoring, provisioning
from bot.app import App
from bot.doctoring import Finding
from bot.local.account.account import Account
from bot.local.account.faults import Kind as Fault
from bot.local.account.webhooks import Status, Trigger, Webhook
from bot.settings import Settings
from integrations.zendesk.provisioning import Provisioning
from integrations.zendesk.wanting import FIELDS


@dataclass
class Public:
    """What runs where Zendesk calls; `status` is what it says to everything."""

    url: str = ""
    status: int = 401


@pytest.fixture
def public() -> Iterator[Public]:
    found = Public()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(found.status if self.path == "/prod/zendesk/webhook" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/prod"
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def zendesk() -> Iterator[Account]:
    with Account(plan=400) as account:
        account.bot["role"] = "admin"
        yield account


@dataclass
class Office:
    """A whole installation: what it has set, and what is in the account."""

    account: Account
    public: Public
    home: Path

    def settings(self, **more: Any) -> Settings:
        own = self.account.authority
        stated: dict[str, Any] = {
            "home": str(self.home),
            "embedding_model": "none",
            "zendesk_subdomain": "example",
            "zendesk_url": self.account.url,
            "zendesk_client_id": own.client_id,
            "zendesk_client_secret": own.client_secret,
            "zendesk_plan": "professional",
            "zendesk_webhook_secret": self.secret,
            "zendesk_app_secret": "canary" * 8,
            "public_url": self.public.url,
        }
        fields = {each["title"]: number for number, each in self.account.fields.known.items()}
        if FIELDS["answer"] in fields:
            stated["zendesk_answer_field"] = fields[FIELDS["answer"]]
            stated["zendesk_confidence_field"] = fields[FIELDS["confidence"]]
        return Settings(**stated | more)

    @property
    def secret(self) -> str:
        return next((each.secret for each in self.account.webhooks.known.values()), "canary")

    @property
    def webhook(self) -> Webhook:
        return next(iter(self.account.webhooks.known.values()))

    @property
    def trigger(self) -> Trigger:
        return next(iter(self.account.webhooks.triggers.values()))

    def findings(self, **more: Any) -> dict[str, Finding]:
        settings = self.settings(**more)
        found = {each.name: each for each in doctoring.examine(App(settings))}
        for secret in (self.secret, "canary", self.account.authority.client_secret, *self.account.authority.issued):
            assert secret not in str(found)
        return {name: each for name, each in found.items() if name.startswith(("Zendesk", "public"))}


@pytest.fixture
def office(zendesk: Account, public: Public, tmp_path: Path) -> Office:
    found = Office(zendesk, public, tmp_path)
    settings = found.settings()
    administration = provisioning.administration(settings)
    made: Provisioning = provisioning.provisioning(settings, administration, zendesk.bot["id"])
    made.carry_out(made.plan(tuple(FIELDS)))
    return found


def bad(office: Office, name: str, **more: Any) -> str:
    """What is said of the only thing that is not well."""
    found = office.findings(**more)
    assert [each.name for each in found.values() if not each.well] == [name], found
    return found[name].text


def test_all_is_well_where_all_is_there(office: Office) -> None:
    found = office.findings()
    assert [each for each in found.values() if not each.well] == []
    assert {name: each.text for name, each in found.items()} | {"Zendesk Help Center": ""} == {
        "Zendesk": f"signed in to {office.account.url[7:]} as an admin",
        "Zendesk scopes": "read write",
        "Zendesk rate limit": "SUPPORTBOT_ZENDESK_PLAN says professional, which is 400 requests a minute, of which we "
        "take 240",
        "Zendesk Help Center": "",
        "Zendesk webhook": f"'supportbot' calls {office.public.url}/zendesk/webhook",
        "Zendesk secret": "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET is the webhook's",
        "Zendesk trigger": "'supportbot: tell it of new tickets and public comments' tells it of tickets",
        "Zendesk fields": "there: 36000005, 36000006",
        "public address": f"{office.public.url}/zendesk/webhook answers, and refuses what is not signed",
        "Zendesk sidebar": "its secret can be read; whether the app was installed with it shows when a ticket is "
        "opened",
    }


def test_nothing_is_written(office: Office) -> None:
    before = len(office.account.requests)
    office.findings()
    assert {request.method for request in office.account.requests[before:]} == {"GET", "POST"}
    assert office.account.count("POST oauth/tokens") >= 1
    posted = [each.target for each in office.account.requests[before:] if each.method == "POST"]
    assert set(posted) == {"/oauth/tokens"}


def test_whoever_is_not_signed_in_is_told_that_alone(office: Office) -> None:
    found = office.findings(zendesk_client_secret="wrong")
    assert {name for name, each in found.items() if not each.well} == {"Zendesk"}
    assert set(found) == {"Zendesk", "public address", "Zendesk sidebar"}


def test_an_agent_is_told_what_was_not_looked_at(office: Office) -> None:
    office.account.bot["role"] = "agent"
    found = office.findings()
    assert {each.well for each in found.values()} == {True}
    unseen = {name for name, each in found.items() if "only an admin" in each.text}
    assert unseen == {"Zendesk webhook", "Zendesk secret", "Zendesk trigger"}


def test_a_scope_that_was_not_granted_is_named(office: Office) -> None:
    office.account.authority.scopes = frozenset({"read"})
    found = office.findings()
    assert not found["Zendesk"].well
    assert "have the scopes read write" in found["Zendesk"].text


def test_an_api_token_is_said_to_end(office: Office) -> None:
    own = office.account.authority
    token = {
        "zendesk_client_id": "",
        "zendesk_client_secret": "",
        "zendesk_email": own.email,
        "zendesk_token": own.token,
    }
    assert "ends on 2027-04-30" in office.findings(**token)["Zendesk scopes"].text


def test_a_plan_that_the_account_does_not_have_is_found(office: Office) -> None:
    said = bad(office, "Zendesk rate limit", zendesk_plan="enterprise")
    assert said.startswith("the account may be asked 400 times a minute, and SUPPORTBOT_ZENDESK_PLAN says enterprise")
    assert office.findings(zendesk_plan="team")["Zendesk rate limit"].text.endswith("has 400: set its own plan")


def test_a_webhook_that_is_not_there_or_not_as_it_should_be(office: Office) -> None:
    office.webhook.status = Status.INACTIVE
    assert "status is inactive, not active; `supportbot zendesk setup`" in bad(office, "Zendesk webhook")
    office.webhook.status = Status.ACTIVE
    office.webhook.endpoint = "https://old.example/zendesk/webhook"
    assert "endpoint is https://old.example/zendesk/webhook, not http://" in bad(office, "Zendesk webhook")
    office.account.webhooks.known.clear()
    found = office.findings()
    assert [found[name].well for name in ("Zendesk webhook", "Zendesk secret", "Zendesk trigger")] == [False] * 3
    assert "there is none" in found["Zendesk webhook"].text


def test_another_secret_than_the_webhooks(office: Office) -> None:
    assert "whatever Zendesk sends is refused" in bad(office, "Zendesk secret", zendesk_webhook_secret="canary")


def test_a_trigger_that_is_off_or_gone_or_not_alone(office: Office) -> None:
    office.trigger.active = False
    assert "active is false, not true" in bad(office, "Zendesk trigger")
    office.trigger.active = True
    twin = Trigger(4711, "twin", office.webhook.id, fields=dict(office.trigger.fields))
    office.account.webhooks.triggers[twin.id] = twin
    assert "there are 2 of them" in bad(office, "Zendesk trigger")
    office.account.webhooks.triggers.clear()
    assert "there is none" in bad(office, "Zendesk trigger")


def test_a_trigger_for_another_user_than_the_bots(office: Office) -> None:
    office.trigger.fields["conditions"]["all"][0]["value"] = "4711"
    assert "role is_not 4711" in bad(office, "Zendesk trigger")


def test_fields_that_are_not_there_or_cannot_be_written(office: Office) -> None:
    assert "there is no ticket field 4711" in bad(office, "Zendesk fields", zendesk_answer_field=4711)
    decimal = office.account.fields.add("decimal", "Number")
    assert "of text" in bad(office, "Zendesk fields", zendesk_answer_field=decimal["id"])


@pytest.mark.parametrize("status", [200, 404, 302, 500])
def test_an_address_where_something_else_answers(office: Office, status: int) -> None:
    office.public.status = status
    assert f"answers an unsigned request with {status}, not with 401" in bad(office, "public address")


def test_an_address_where_nobody_answers_or_that_is_none(office: Office) -> None:
    office.webhook.endpoint = "http://127.0.0.1:1/zendesk/webhook"
    assert "does not answer from here" in bad(office, "public address", public_url="http://127.0.0.1:1")
    found = office.findings(public_url="http://bot.example")
    assert "by https" in found["public address"].text
    assert "PUBLIC_URL is missing" in office.findings(public_url="")["public address"].text


def test_a_tag_is_counted_and_one_that_cannot_be_is_refused(office: Office) -> None:
    ada = office.account.desk.add_user("Ada")
    for number in range(3):
        ticket = office.account.people.write(ada, f"Help {number}", "it broke", status="solved")
        ticket.tags, ticket.indexed_at = ["faq"], 0
    assert office.findings(zendesk_ticket_tag="faq")["Zendesk ticket tag"].text == "3 solved tickets have the tag faq"
    assert "so far nothing" in office.findings(zendesk_ticket_tag="none")["Zendesk ticket tag"].text
    assert "neither blanks nor capitals" in bad(office, "Zendesk ticket tag", zendesk_ticket_tag="My Tag")


def test_a_help_center_that_does_not_answer(office: Office) -> None:
    office.account.faults.add(Fault.FAIL, "GET help_center/articles", times=None, value=503)
    assert "Zendesk answered with an error of its own" in bad(office, "Zendesk Help Center")


def test_without_drafts_the_sign_in_is_looked_at_and_what_is_not_set_is_no_failure(office: Office) -> None:
    more: dict[str, Any] = dict.fromkeys(("zendesk_webhook_secret", "zendesk_app_secret", "public_url"), "")
    found = office.findings(zendesk_answer_field=0, zendesk_confidence_field=0, **more)
    unused = {name: each for name, each in found.items() if not each.used}
    assert set(found) - set(unused) == {"Zendesk", "Zendesk scopes", "Zendesk rate limit", "Zendesk Help Center"}
    assert all(each.well for each in found.values())
    assert "`supportbot zendesk setup` makes the webhook" in unused["Zendesk drafts"].text
    assert "`supportbot zendesk app build`" in unused["Zendesk sidebar"].text
    assert all(each.used for each in office.findings().values())
