"""What Slack accepts as a view: a modal or an App Home."""

from typing import Any

from bot.local.workspace import blocks
from bot.local.workspace.nouns import Json
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.texts import FaultyError, plain, string

LARGEST = 250_000  # bytes of JSON
TITLE, METADATA, CALLBACK = 24, 3_000, 255


def check(view: Any, *, surface: str, size: int) -> None:
    """Refuse what Slack refuses: a modal needs a title, and a submit button where it has inputs."""
    if size > LARGEST:
        raise RefusalError("view_too_large")
    if not isinstance(view, dict):
        raise _refused("must provide an object", "/view")
    if view.get("type") != surface:
        raise _refused(f"must be a valid enum value: {surface}", "/view/type")
    try:
        _fields(view, surface)
    except FaultyError as fault:
        raise _refused(*fault.args) from None
    blocks.check(view.get("blocks"), most=blocks.VIEW_BLOCKS, surface=surface, error="invalid_arguments")


def _fields(view: Json, surface: str) -> None:
    if surface == "modal":
        plain(view.get("title"), "/view/title", TITLE)
        for name in ("submit", "close"):
            if view.get(name) is not None:
                plain(view[name], f"/view/{name}", TITLE)
        if view.get("submit") is None and any(block.get("type") == "input" for block in view.get("blocks", [])):
            raise FaultyError("missing required field: submit", "/view/submit")
    string(view.get("private_metadata", ""), "/view/private_metadata", METADATA, least=0)
    string(view.get("callback_id", ""), "/view/callback_id", CALLBACK, least=0)


def _refused(reason: str, at: str) -> RefusalError:
    complaint = f"[ERROR] {reason} [json-pointer:{at}]"
    return RefusalError("invalid_arguments", response_metadata={"messages": [complaint]})
