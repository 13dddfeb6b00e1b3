"""What a call said: JSON, a form or a query, all the same to whoever reads it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from bot.local.workspace.nouns import Json
from bot.local.workspace.refusing import RefusalError


class Arguments:
    """A call's arguments by name; a form's JSON fields read as JSON."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = dict(given)

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        return default if value is None else str(value)

    def needed(self, name: str, *, error: str = "invalid_arguments") -> str:
        value = self.text(name)
        if not value:
            raise RefusalError(error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.given.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.given.get(name, default))
        except (TypeError, ValueError):
            raise RefusalError("invalid_arguments") from None

    def structure(self, name: str, *, error: str = "invalid_arguments") -> Any:
        """A list or an object, which a form carries as JSON."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value) if value else None
        except msgspec.DecodeError:
            raise RefusalError(error) from None

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None


def read(content_type: str, query: bytes, body: bytes) -> Json:
    """The arguments of one request; a body's win over the query's."""
    given: Json = dict(parse_qsl(query.decode(), keep_blank_values=True)) if query else {}
    if body:
        given |= _body(content_type, body)
    return given


def _body(content_type: str, body: bytes) -> Json:
    if not content_type.startswith("application/json"):
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        decoded = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise RefusalError("invalid_json") from None
    if not isinstance(decoded, dict):
        raise RefusalError("json_not_object")
    return decoded
