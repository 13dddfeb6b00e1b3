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


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load({"SUPPORTBOT_HOME": ""}).folder.name == "supportbot"


@pytest.mark.parametrize("port", ["many", "-1", "70000"])
def test_a_wrong_value_is_named(port: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_PORT is wrong"):
        load({"SUPPORTBOT_PORT": port})
