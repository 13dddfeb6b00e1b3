"""`supportbot zendesk setup` and `remove`, run as an operator runs them, before a simulated account."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.local.account.account import Account
from bot.local.account.faults import Kind as Fault
from bot.local.account.webhooks import Trigger, Webhook

SECRET = "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET"  # noqa: S105 - a setting's name
ENDPOINT = "https://bot.example/prod/zendesk/webhook"


@dataclass
class Office:
    """A terminal with the settings of an account."""

    account: Account
    home: Path
    stated: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = self.account.authority
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPPORTBOT_")}
        return kept | {
            "SUPPORTBOT_HOME": str(self.home / "state"),
            "SUPPORTBOT_ZENDESK_SUBDOMAIN": "example",
            "SUPPORTBOT_ZENDESK_URL": self.account.url,
            "SUPPORTBOT_ZENDESK_CLIENT_ID": own.client_id,
            "SUPPORTBOT_ZENDESK_CLIENT_SECRET": own.client_secret,
            "SUPPORTBOT_PUBLIC_URL": "https://bot.example/prod/",
            **self.stated,
        }

    @property
    def file(self) -> Path:
        return self.home / "secret"

    def run(self, *arguments: str) -> tuple[int, str]:
        """Without a terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "zendesk", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def set_up(self, *more: str) -> tuple[int, str]:
        return self.run("setup", "--yes", "--secret-file", str(self.file), *more)

    def at_a_terminal(self, answer: str, *arguments: str) -> tuple[int, str]:
        """As one who sits there and answers the question."""
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "bot.cli", "zendesk", *arguments]
        with subprocess.Popen(command, env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            said, limit, answered = "", time.monotonic() + 60, False
            while time.monotonic() < limit:
                if select.select([ours], [], [], 0.1)[0]:
                    try:
                        said += os.read(ours, 65_536).decode()
                    except OSError:  # the other end is closed
                        break
                if "[y/N]" in said and not answered:
                    os.write(ours, f"{answer}\n".encode())
                    answered = True
            os.close(ours)
        return process.returncode, said

    @property
    def there(self) -> tuple[int, int, int]:
        """Webhooks, triggers and ticket fields that were made."""
        fields = sum(each["removable"] for each in self.account.fields.known.values())
        return len(self.account.webhooks.known), len(self.account.webhooks.triggers), fields


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Account() as account:
        account.bot["role"] = "admin"
        yield Office(account, tmp_path)


def test_at_a_terminal_it_shows_and_asks_and_shows_the_secret_once(office: Office) -> None:
    code, said = office.at_a_terminal("n", "setup")
    assert (code, office.there) == (0, (0, 0, 0))
    assert f"endpoint: {ENDPOINT}" in said
    assert "nothing was changed" in said
    code, said = office.at_a_terminal("y", "setup")
    assert (code, office.there) == (0, (1, 1, 0))
    [webhook] = office.account.webhooks.known.values()
    assert f"{SECRET}={webhook.secret}" in said
    office.stated[SECRET] = webhook.secret
    code, said = office.at_a_terminal("y", "setup")
    assert code == 0
    assert "nothing to do" in said
    assert f"{SECRET} is the webhook's" in said
    assert webhook.secret not in said


def test_without_a_terminal_it_does_nothing_that_was_not_agreed_to(office: Office) -> None:
    code, said = office.run("setup", "--secret-file", str(office.file))
    assert (code, office.there) == (2, (0, 0, 0))
    assert "there is no terminal to ask at: --yes does it, --dry-run only shows it" in said
    code, said = office.run("setup", "--yes")
    assert (code, office.there) == (2, (0, 0, 0))
    assert "--secret-file names a file" in said
    code, said = office.run("setup", "--dry-run", "--fields", "--yes")
    assert (code, office.there) == (0, (0, 0, 0))
    assert said.count("  create  ") == 4
    office.set_up()
    code, said = office.run("remove")
    assert (code, office.there) == (2, (1, 1, 0))


def test_the_secret_goes_to_a_file_for_nobody_else(office: Office) -> None:
    office.file.write_text("old")
    office.file.chmod(0o644)
    code, said = office.set_up()
    [webhook] = office.account.webhooks.known.values()
    assert (code, office.file.read_text()) == (0, webhook.secret)
    assert office.file.stat().st_mode & 0o777 == 0o600
    assert webhook.secret not in said
    assert {each.name for each in office.home.iterdir()} <= {"secret", "state"}  # nothing half-written


def test_twice_is_as_once(office: Office) -> None:
    assert office.set_up("--fields")[0] == 0
    code, said = office.set_up("--fields")
    assert (code, office.there) == (0, (1, 1, 2))
    assert "nothing to do" in said
    assert "SUPPORTBOT_ZENDESK_CONFIDENCE_FIELD=36000005" in said
    office.stated |= {
        "SUPPORTBOT_ZENDESK_CONFIDENCE_FIELD": "36000005",
        "SUPPORTBOT_ZENDESK_ANSWER_FIELD": "36000006",
    }
    assert "_FIELD=" not in office.set_up("--fields")[1]


def test_what_was_changed_by_hand_is_shown_and_mended(office: Office) -> None:
    office.set_up()
    [trigger] = office.account.webhooks.triggers.values()
    trigger.active = False
    code, said = office.run("setup", "--dry-run")
    assert "active: false -> true" in said
    assert not trigger.active
    code, said = office.set_up()
    assert (code, trigger.active) == (0, True)
    assert f"done: update trigger {trigger.id}" in said


@pytest.mark.parametrize("operation", ["POST webhooks", "POST triggers", "GET webhooks/{key}/signing_secret"])
def test_a_failure_on_the_way_is_gone_on_from(office: Office, operation: str) -> None:
    office.account.faults.add(Fault.FAIL, operation, times=3)
    code, said = office.set_up()
    assert code == 2
    assert "supportbot: Zendesk answered with an error of its own" in said
    office.account.faults.clear()
    code, said = office.set_up()
    assert (code, office.there) == (0, (1, 1, 0))
    assert office.file.read_text() == next(iter(office.account.webhooks.known.values())).secret


def test_removing_leaves_others_and_what_tickets_hold(office: Office) -> None:
    theirs = Webhook("01" + "B" * 24, "supportbot", "https://other.example/hook")
    office.account.webhooks.known[theirs.id] = theirs
    office.account.webhooks.triggers[4711] = Trigger(4711, "supportbot", theirs.id)
    ada = office.account.desk.add_user("Ada")
    ticket = office.account.people.write(ada, "Help", "it broke")
    ticket.tags = ["supportbot_drafted"]
    office.set_up("--fields")
    code, said = office.at_a_terminal("y", "remove")
    assert (code, office.there) == (0, (1, 1, 2))
    assert said.count("done: remove") == 2
    assert list(office.account.webhooks.triggers) == [4711]
    assert (ticket.tags, len(ticket.comments)) == (["supportbot_drafted"], 1)
    assert office.run("remove", "--yes", "--fields")[0] == 0
    assert office.there == (1, 1, 0)
    assert "nothing to do" in office.run("remove", "--yes", "--fields")[1]


def test_who_is_no_admin_is_told_what_to_do(office: Office) -> None:
    office.account.bot["role"] = "agent"
    for command in ("setup", "remove"):
        code, said = office.run(command, "--dry-run")
        assert code == 2
        assert "Webhooks and triggers are an admin's: sign in as one for this command" in said


def test_an_admin_sets_up_for_the_bots_own_user(office: Office) -> None:
    grace = office.account.desk.add_user("Grace", role="agent")
    code, _ = office.set_up("--bot-user", str(grace["id"]))
    [trigger] = office.account.webhooks.triggers.values()
    assert (code, trigger.fields["conditions"]["all"][0]["value"]) == (0, str(grace["id"]))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "PUBLIC_URL is missing: it is the https address"),
        ("http://bot.example", "PUBLIC_URL is wrong: Zendesk is to call it by https"),
        ("ftp://bot.example", "PUBLIC_URL is wrong: it reads https://host"),
        ("https://", "PUBLIC_URL is wrong"),
        ("https://bot.example/?a=1", "PUBLIC_URL is wrong: it reads https://host"),
        ("https://ada:canary@bot.example", "PUBLIC_URL is wrong: it reads https://host"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything(office: Office, url: str, said: str) -> None:
    office.stated["SUPPORTBOT_PUBLIC_URL"] = url
    code, told = office.set_up()
    assert (code, office.account.requests) == (2, [])
    assert said in told
    assert "canary" not in told


@pytest.mark.parametrize("command", ["setup", "remove"])
def test_without_any_setting_it_names_all_that_are_missing(office: Office, command: str) -> None:
    names = [f"SUPPORTBOT_ZENDESK_{name}" for name in ("SUBDOMAIN", "CLIENT_ID", "CLIENT_SECRET")]
    names.append("SUPPORTBOT_PUBLIC_URL")
    office.stated |= dict.fromkeys([*names, "SUPPORTBOT_ZENDESK_URL"], "")
    code, said = office.run(command, "--dry-run")
    assert code == 2
    assert f"{', '.join(names[:-1])} and {names[-1]} are missing" in said


def test_a_sign_in_that_is_wrong_is_said(office: Office) -> None:
    office.stated["SUPPORTBOT_ZENDESK_CLIENT_SECRET"] = "wrong"  # noqa: S105
    code, said = office.set_up()
    assert code == 2
    assert "does not accept the sign-in" in said


def test_without_zenpy_it_says_what_to_install(office: Office) -> None:
    program = (
        "import sys; sys.modules['zenpy'] = None; sys.argv[1:] = ['zendesk', 'remove']\nimport bot.cli; bot.cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=office.environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'supportbot[zendesk]'" in done.stderr


def test_serving_without_the_webhooks_secret_says_where_it_comes_from(office: Office) -> None:
    code, said = office.run("serve", "--port", "0")
    assert code == 2
    assert f"{SECRET} is missing: `supportbot zendesk setup` gives it" in said


@pytest.mark.parametrize("secret", ["", "s" * 32])
def test_the_sidebars_package_says_whom_it_calls_and_what_is_not_set(office: Office, secret: str) -> None:
    office.stated["SUPPORTBOT_ZENDESK_APP_SECRET"] = secret
    code, said = office.run("app", "build", "--output", str(office.home / "sidebar.zip"))
    assert code == 0
    assert "for the API at https://bot.example/prod\n" in said
    assert ("openssl rand -hex 32" in said) == (not secret)
