"""What a body, a reply and an error look like in the OpenAPI document."""

from typing import Any

from msgspec import Struct

from bot.api import replies

ERRORS = {
    "400": "The request is wrong; the message says what.",
    "401": "There is no valid key.",
    "403": "This key may not ask for this audience.",
    "404": "There is no such answer, or it is another caller's.",
    "409": "The question is not answered yet.",
    "413": "The body is larger than 32 KB.",
    "429": "More questions a minute than this key may ask.",
    "500": "A fault of the service; the log has it under the request_id.",
    "503": "A part that is needed does not answer now.",
    "504": "There was no answer in time.",
}
LATER = frozenset({"429", "503", "504"})  # say when to try again


def body(kind: type[Struct]) -> dict[str, Any]:
    return {"required": True, "content": _content(kind)}


def of(kind: type[Struct], description: str) -> dict[str, Any]:
    return {"description": description, "content": _content(kind)}


def errors(*statuses: str, **otherwise: str) -> dict[str, Any]:
    """`otherwise`: what one of them means here, as _409."""
    wait = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    told = ERRORS | {name.removeprefix("_"): meaning for name, meaning in otherwise.items()}
    return {
        status: of(replies.Error, told[status]) | ({"headers": wait} if status in LATER else {}) for status in statuses
    }


def _content(kind: type[Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
