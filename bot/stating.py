"""Settings stated together, as JSON in one variable: those of a Lambda function have 4 KB for all their variables."""

from collections.abc import Collection

import msgspec

from rag_core.errors import MisconfiguredError

Stated = str | int | float | bool | dict[str, object] | list[object]


def more(variable: str, text: str, names: Collection[str]) -> dict[str, str | int | float | bool]:
    """By name; what is itself JSON is given as its text. Raises MisconfiguredError, which quotes no value."""
    try:
        found = msgspec.json.decode(text or "{}", type=dict[str, Stated])
    except msgspec.DecodeError as error:
        form = 'it reads {"slack_humans": "S0614TZR7"}: names of settings in small letters, without SUPPORTBOT_'
        raise MisconfiguredError(f"{variable} is wrong: {form}") from error
    if unknown := sorted(found.keys() - set(names)):
        raise MisconfiguredError(f"{variable} is wrong: there is no setting {', '.join(unknown)}")
    return {
        name: _text(value) if isinstance(value, dict | list) else value for name, value in found.items() if value != ""
    }


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
