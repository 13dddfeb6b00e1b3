from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.settings import load
from rag_core.errors import MisconfiguredError


def test_an_option_goes_before_the_environment_and_the_environment_before_the_default() -> None:
    environment = {"SUPPORTBOT_HOME": "/env", "SUPPORTBOT_PORT": "9000"}
    assert load(environment).folder == Path("/env")
    assert load(environment, home="/given", port=None).folder == Path("/given")
    assert load(environment).port == 9000
    assert load({}).port == 8765


def test_a_calendar_has_room_for_the_longest_retention() -> None:
    assert (datetime.now(UTC) - load({"SUPPORTBOT_RETENTION": "36500"}).kept).year > 1900


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load({"SUPPORTBOT_HOME": ""}).folder.name == "supportbot"


@pytest.mark.parametrize("port", ["many", "-1", "70000"])
def test_a_wrong_value_is_named(port: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_PORT is wrong"):
        load({"SUPPORTBOT_PORT": port})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TRACING", "maybe", "it is true or false"),
        ("RETENTION", "long", "it is a whole number"),
        ("RETENTION", "14", "it is a whole number of at least 15"),
        ("RETENTION", "999999999999", "it is a whole number of at most 36500"),
        ("ZENDESK_TICKET_DAYS", "1000000", "it is a whole number of at most 36500"),
        ("MONTHLY_BUDGET", "inf", "it is a number of at most 100000000"),
        ("MONTHLY_BUDGET", "nan", "it is a number of at least 0"),
        ("READ_TIMEOUT", "inf", "it is a number of at most 3600"),
        ("MAX_TOKENS", "99999999999999999999", "it is a whole number of at most 1000000"),
        ("SLACK_PERSON_QUOTA", "10000000", "it is a whole number of at most 1000000"),
        ("DELIVERIES", "1001", "it is a whole number of at most 1000"),
        ("PORT", "70000", "it is a whole number of at most 65535"),
        ("DEADLINE", "soon", "it is a number"),
        ("DEADLINE", "0", "it is a number above 0"),
        ("ZENDESK_MODE", "loud", "it is one of draft, shadow"),
    ],
)
def test_a_wrong_value_is_told_what_it_should_be_in_plain_words(name: str, value: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=f"^SUPPORTBOT_{name} is wrong: {said}$"):
        load({f"SUPPORTBOT_{name}": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://host:0"),
        ("REDIS_URL", "memcached://host:11211"),
        ("REDIS_URL", "redis://:secret@host:6379/3"),
        ("REDIS_URL", "redis://host?db=3"),
        ("REDIS_URL", "redis://user@host"),
        ("REDIS_URL", "redis://:secret/secret@host"),
        ("OPENSEARCH_URL", "https://host:0"),
        ("OPENSEARCH_URL", "https://host/prefix"),
        ("OPENSEARCH_URL", "redis://host"),
        ("BEDROCK_URL", "https://my_host"),
        ("QUEUE_URL", "jobs"),
        ("COST_TAG", "supportbot"),
        ("COST_TAG", "app="),
        ("COST_TAG", "=supportbot"),
    ],
)
def test_what_would_be_ignored_is_refused_by_name_and_without_its_password(name: str, value: str) -> None:
    with pytest.raises(MisconfiguredError, match=f"SUPPORTBOT_{name} is wrong") as caught:
        load({f"SUPPORTBOT_{name}": value})
    assert "secret" not in str(caught.value)


def test_two_ways_to_sign_in_to_redis_are_refused() -> None:
    with pytest.raises(MisconfiguredError, match="by IAM, and SUPPORTBOT_REDIS_URL by a password"):
        load({"SUPPORTBOT_REDIS_URL": "rediss://:secret@host", "SUPPORTBOT_REDIS_USER": "bot"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "rediss://user:p%40ss@my_redis:6380/0"),
        ("REDIS_URL", "redis://[::1]"),
        ("OPENSEARCH_URL", "https://admin:secret@abc.eu-central-1.aoss.amazonaws.com/"),
        ("BEDROCK_URL", "https://vpce-1.bedrock-runtime.eu-central-1.vpce.amazonaws.com"),
        ("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs"),
        ("COST_TAG", "app=a=b"),
        ("EMBEDDING_MODEL", "bedrock:eu.cohere.embed-v4:0"),
        ("EMBEDDING_MODEL", "bedrock:cohere.embed-v4:0 256 int8"),
    ],
)
def test_what_is_well_formed_is_taken(name: str, value: str) -> None:
    assert getattr(load({f"SUPPORTBOT_{name}": value}), name.lower()) == value


def test_no_secret_is_shown_with_the_settings() -> None:
    shown = repr(load({"SUPPORTBOT_SLACK_BOT_TOKEN": "xoxb-canary", "SUPPORTBOT_PORT": "0"}))
    assert shown == "Settings(port, slack_bot_token)"


def test_settings_stated_together_count_where_no_variable_of_its_own_does() -> None:
    stated = {
        "SUPPORTBOT_SETTINGS": '{"port": 1, "slack_humans": "S0614TZR7", "tracing": true, "prices": {"a": [1, 2]}}',
        "SUPPORTBOT_PORT": "2",
    }
    settings = load(stated)
    assert (settings.port, settings.slack_humans, settings.tracing) == (2, "S0614TZR7", True)
    assert settings.prices == '{"a":[1,2]}'
    assert load({"SUPPORTBOT_SETTINGS": '{"tenant": ""}'}).tenant == "default"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("{", "SUPPORTBOT_SETTINGS is wrong: it reads"),
        ("[]", "SUPPORTBOT_SETTINGS is wrong: it reads"),
        ('{"slack_human": "canary"}', "there is no setting slack_human"),
        ('{"port": "canary"}', "SUPPORTBOT_PORT is wrong"),
    ],
)
def test_settings_stated_together_are_refused_by_name_and_not_quoted(stated: str, said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said) as caught:
        load({"SUPPORTBOT_SETTINGS": stated})
    assert "canary" not in str(caught.value)
