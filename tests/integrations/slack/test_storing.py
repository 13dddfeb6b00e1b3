"""Tokens at rest: sealed, bound to their place, and the SDK's interface over them; in SQLite and in DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore

from integrations.slack.sealing import Seal
from integrations.slack.storing import GROUP, InstallationRecords
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.errors import MisconfiguredError
from rag_core.ports import Records
from tests.fakes.aws_wire import create_table
from tests.integrations.slack.several import KEY, OLD_KEY
from tests.services.aws import REGION

CANARY, AGAIN = "xoxb-canary-7731", "xoxb-again"


def installation(team: str | None = "T1", *, whole: bool = False, token: str = CANARY) -> Installation:
    return Installation(
        app_id="A1",
        enterprise_id="E1" if whole else None,
        team_id=None if whole else team,
        team_name="Acme",
        bot_token=token,
        bot_id="B1",
        bot_user_id="UBOT",
        bot_scopes="chat:write,commands",
        bot_refresh_token="xoxe-canary-1",
        bot_token_expires_at=1_900_000_000,
        user_id="U1",
        user_token="xoxp-canary-2",
        is_enterprise_install=whole,
        installed_at=1_800_000_000.5,
    )


@pytest.fixture(params=["sqlite", "dynamodb"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "sqlite":
        with SqliteRecords(tmp_path) as made:
            yield made
        return
    from rag_core.backends.dynamodb.client import Connection, Table
    from rag_core.backends.dynamodb.records import DynamoRecords

    url = request.getfixturevalue("aws_url")
    create_table(url, "supportbot")
    yield DynamoRecords(Table("supportbot", Connection(REGION, url)))


@pytest.fixture
def store(records: Records) -> InstallationRecords:
    return InstallationRecords(records, Seal(KEY))


def test_what_was_saved_is_found_as_it_was_but_for_a_persons_token(store: InstallationStore) -> None:
    store.save(installation())
    found = store.find_installation(enterprise_id=None, team_id="T1")
    assert found is not None
    personal = {"user_token": None}
    assert vars(found) == vars(installation()) | personal
    bot = store.find_bot(enterprise_id=None, team_id="T1")
    assert bot is not None
    assert vars(bot) == vars(installation().to_bot())
    assert store.find_bot(enterprise_id=None, team_id="T2") is None


def test_an_organisation_has_one_for_all_its_workspaces(store: InstallationStore) -> None:
    store.save(installation(whole=True))
    assert store.find_bot(enterprise_id="E1", team_id="T7", is_enterprise_install=True) is not None
    assert store.find_bot(enterprise_id="E1", team_id="T7", is_enterprise_install=False) is None
    assert store.find_bot(enterprise_id="E2", team_id="T7", is_enterprise_install=True) is None


def test_only_who_installed_it_is_found_by_person(store: InstallationStore) -> None:
    store.save(installation())
    assert store.find_installation(enterprise_id=None, team_id="T1", user_id="U1") is not None
    assert store.find_installation(enterprise_id=None, team_id="T1", user_id="U2") is None


def test_what_is_deleted_is_gone_and_the_neighbour_is_not(store: InstallationStore) -> None:
    for delete in (store.delete_bot, store.delete_installation, store.delete_all):
        store.save(installation())
        store.save(installation("T2"))
        delete(enterprise_id=None, team_id="T1")
        assert store.find_bot(enterprise_id=None, team_id="T1") is None
        assert store.find_bot(enterprise_id=None, team_id="T2") is not None


def test_a_persons_token_revoked_leaves_the_bots(store: InstallationStore) -> None:
    store.save(installation())
    store.delete_installation(enterprise_id=None, team_id="T1", user_id="U1")
    assert store.find_bot(enterprise_id=None, team_id="T1") is not None


def test_a_bot_is_saved_into_its_installation(store: InstallationStore) -> None:
    store.save(installation())
    bot = installation(token="xoxb-next").to_bot()
    store.save_bot(bot)
    found = store.find_installation(enterprise_id=None, team_id="T1")
    assert found is not None
    assert (found.bot_token, found.user_id) == ("xoxb-next", "U1")
    store.save_bot(Bot(team_id="T5", bot_token="xoxb-5", bot_id="B5", bot_user_id="U5", installed_at=1.0))
    assert store.find_bot(enterprise_id=None, team_id="T5") is not None


def test_no_token_is_stored_in_clear_text(store: InstallationRecords, records: Records) -> None:
    store.save(installation())
    [(name, record)] = records.list(GROUP)
    assert name == "T1"
    assert b"canary" not in record.value
    assert b"Acme" not in record.value


def test_a_record_in_anothers_place_does_not_open(store: InstallationRecords, records: Records) -> None:
    store.save(installation())
    taken = records.get(GROUP, "T1")
    assert taken is not None
    records.put(GROUP, "T2", taken.value)
    with pytest.raises(MisconfiguredError, match="T2 is another's"):
        store.kept("T2")


def test_a_changed_record_does_not_open(store: InstallationRecords, records: Records) -> None:
    store.save(installation())
    value = bytearray(getattr(records.get(GROUP, "T1"), "value", b""))
    value[40] ^= 1
    records.put(GROUP, "T1", bytes(value))
    with pytest.raises(MisconfiguredError, match="does not open"):
        store.kept("T1")


def test_an_older_key_still_opens_and_is_not_needed_after(records: Records) -> None:
    InstallationRecords(records, Seal(OLD_KEY)).save(installation())
    with pytest.raises(MisconfiguredError, match="add the former key"):
        InstallationRecords(records, Seal(KEY)).kept("T1")
    both = InstallationRecords(records, Seal(f"{KEY}, {OLD_KEY}")).kept("T1")
    only = InstallationRecords(records, Seal(KEY)).kept("T1")
    assert both is not None
    assert only is not None
    assert vars(both.installation) == vars(only.installation)
    assert both.record == only.record
    with pytest.raises(MisconfiguredError):
        InstallationRecords(records, Seal(OLD_KEY)).kept("T1")


@pytest.mark.parametrize(
    "keys",
    ["", " , ", "abc", f"{KEY},abc", KEY[:-4], KEY + "\u00e9"],
    ids=["none", "blanks", "short", "one of two", "cut off", "not ASCII"],  # KEY is another in every process
)
def test_a_key_that_is_none_is_refused_and_not_quoted(keys: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_SLACK_ENCRYPTION_KEY") as caught:
        Seal(keys)
    assert caught.value.__cause__ is None
    assert KEY[:-4] not in str(caught.value)


def test_it_is_replaced_and_forgotten_only_as_it_was_seen(store: InstallationRecords) -> None:
    store.save(installation())
    seen = store.kept("T1")
    assert seen is not None
    store.save(installation(token=AGAIN))
    assert not store.replace(seen, installation(token="xoxb-late"))
    assert not store.forget(seen)
    now = store.kept("T1")
    assert now is not None
    assert now.installation.bot_token == AGAIN
    assert store.forget(now)
    assert store.kept("T1") is None
    assert not store.forget(replace(now, name="T9"))


def test_two_that_are_sealed_alike_differ() -> None:
    seal = Seal(Fernet.generate_key().decode())
    assert seal.close("T1", {"a": 1}) != seal.close("T1", {"a": 1})
