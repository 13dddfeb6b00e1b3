"""The fields of a modal: how each is drawn, and what was entered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from bot.local.slackview.office import Office
from bot.local.slackview.visiting import channels
from bot.local.workspace import interactions
from bot.local.workspace.nouns import Json, Kind, User, View

ONE, SEVERAL = "radio", "checkbox"
DRAWN = {"radio_buttons": ONE, "checkboxes": SEVERAL, "multi_static_select": SEVERAL, "static_select": ONE}
CONVERSATION = "conversations_select"
NAMED = "field-"  # before an action's id in the form


@dataclass(frozen=True, slots=True)
class Field:
    """An input block; `kind` is radio, checkbox, select, text or area."""

    name: str
    kind: str
    label: str
    hint: str
    optional: bool
    problem: str
    options: tuple[tuple[str, str], ...] = ()  # value and label
    chosen: frozenset[str] = frozenset()
    text: str = ""
    longest: int = 3_000
    placeholder: str = ""


def field(office: Office, person: User, view: View, block: Json) -> Field:
    """With what it holds now, and what the app found wrong with it."""
    element = block["element"]
    held = view.state.get(block["block_id"], {}).get(element["action_id"]) or interactions.initial(element)
    options = tuple(_options(office, person, element))
    return Field(
        NAMED + element["action_id"],
        _kind(element),
        block["label"]["text"],
        block.get("hint", {}).get("text", ""),
        bool(block.get("optional")),
        office.complaints.get(view.id, {}).get(block["block_id"], ""),
        options,
        frozenset(_values(held)),
        str(held.get("value") or ""),
        int(element.get("max_length", 3_000)),
        element.get("placeholder", {}).get("text", ""),
    )


def entered(view: View, form: FormData) -> dict[str, Any]:
    """Every field's value by its action, None where it was left empty."""
    found: dict[str, Any] = {}
    for block in view.content["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            given = [str(each).replace("\r\n", "\n") for each in form.getlist(NAMED + element["action_id"]) if each]
            several = _kind(element) == SEVERAL
            found[element["action_id"]] = given or None if several else next(iter(given), None)
    return found


def _kind(element: Json) -> str:
    kind = element["type"]
    if kind == CONVERSATION:
        return "select"
    return DRAWN.get(kind) or ("area" if element.get("multiline") else "text")


def _options(office: Office, person: User, element: Json) -> Iterator[tuple[str, str]]:
    if element["type"] == CONVERSATION:
        seen = (each for each in channels(office, person) if each.kind is not Kind.DIRECT)
        yield from ((each.id, f"#{each.name}") for each in seen)
    for option in element.get("options", ()):
        yield option["value"], option["text"]["text"]


def _values(held: Mapping[str, Any]) -> Iterator[str]:
    """Of what was chosen; Slack holds one as an option or an id, several as a list."""
    for name, chosen in held.items():
        if name.startswith("selected_") and chosen:
            for each in chosen if isinstance(chosen, list) else [chosen]:
                yield each["value"] if isinstance(each, dict) else str(each)
