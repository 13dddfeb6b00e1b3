"""What Slack accepts as blocks.

Plain checks of lengths and counts, one pass: every message of a benchmark passes here.
"""

from collections.abc import Callable, Sequence

from bot.local.workspace.elements import element
from bot.local.workspace.nouns import Json
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.texts import FaultyError, plain, string, text

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MARKDOWN_TOTAL = 12_000
MESSAGE_TOTAL = 13_200  # undocumented: https://github.com/slackapi/bolt-js/issues/2509
LONGEST_ID = 255


def check(
    blocks: object, *, most: int = MESSAGE_BLOCKS, surface: str = "message", error: str = "invalid_blocks"
) -> None:
    """Refuse what Slack refuses; blocks without an id are given one."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise RefusalError("invalid_blocks_format" if surface == "message" else error)
    try:
        _check_all(blocks, most, surface)
    except FaultyError as fault:
        reason, at = fault.args
        complaint = f"{reason} [json-pointer:{at}]"
        raise RefusalError(
            error, errors=[complaint], response_metadata={"messages": [f"[ERROR] {complaint}"]}
        ) from None


def _check_all(blocks: Sequence[Json], most: int, surface: str) -> None:
    prefix = "/blocks" if surface == "message" else "/view/blocks"
    if len(blocks) > most:
        raise FaultyError(f"no more than {most} items allowed", prefix)
    ids, markdown = set[str](), 0
    for index, block in enumerate(blocks):
        at = f"{prefix}/{index}"
        kind = block.get("type")
        checker = CHECKERS.get(kind) if isinstance(kind, str) else None
        if checker is None or (surface != "message" and kind in ONLY_IN_MESSAGES):
            raise FaultyError(f"unsupported type: {kind}", f"{at}/type")
        _identify(block, ids, at, index)
        checker(block, at)
        if kind == "markdown":
            markdown += len(block["text"])
    if markdown > MARKDOWN_TOTAL:
        raise FaultyError(f"markdown must be less than {MARKDOWN_TOTAL + 1} characters in all", prefix)


def _identify(block: Json, ids: set[str], at: str, index: int) -> None:
    given = block.setdefault("block_id", f"={index}")
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST_ID:
        raise FaultyError(f"must be less than {LONGEST_ID + 1} characters", f"{at}/block_id")
    if given in ids:
        raise FaultyError(f"block_id already exists: {given}", f"{at}/block_id")
    ids.add(given)


def total(blocks: Sequence[Json]) -> int:
    """The characters of a message's blocks, as far as they are text."""
    return sum(_letters(block) for block in blocks)


def _letters(part: object) -> int:
    if isinstance(part, dict):
        return sum(
            len(value) if name == "text" and isinstance(value, str) else _letters(value) for name, value in part.items()
        )
    if isinstance(part, list):
        return sum(_letters(each) for each in part)
    return 0


def _section(block: Json, at: str) -> None:
    if "text" not in block and "fields" not in block:
        raise FaultyError("missing required field: text", at)
    if "text" in block:
        text(block["text"], f"{at}/text", 3_000)
    fields = block.get("fields", [])
    if len(fields) > 10:
        raise FaultyError("no more than 10 items allowed", f"{at}/fields")
    for index, field in enumerate(fields):
        text(field, f"{at}/fields/{index}", 2_000)
    if "accessory" in block:
        element(block["accessory"], f"{at}/accessory")


def _header(block: Json, at: str) -> None:
    plain(block.get("text"), f"{at}/text", 150)


def _markdown(block: Json, at: str) -> None:
    string(block.get("text"), f"{at}/text", MARKDOWN_TOTAL)


def _context(block: Json, at: str) -> None:
    for index, each in enumerate(_elements(block, at, 10)):
        if each.get("type") != "image":
            text(each, f"{at}/elements/{index}", 3_000)


def _actions(block: Json, at: str) -> None:
    for index, each in enumerate(_elements(block, at, 25)):
        if each.get("type") in {"feedback_buttons", "icon_button"}:
            raise FaultyError(f"unsupported type: {each['type']}", f"{at}/elements/{index}/type")
        element(each, f"{at}/elements/{index}")
    actions = [each["action_id"] for each in block["elements"] if "action_id" in each]
    if len(set(actions)) < len(actions):
        raise FaultyError("action_id already exists", f"{at}/elements")


def _context_actions(block: Json, at: str) -> None:
    for index, each in enumerate(_elements(block, at, 5)):
        if each.get("type") not in {"feedback_buttons", "icon_button"}:
            raise FaultyError(f"unsupported type: {each.get('type')}", f"{at}/elements/{index}/type")
        element(each, f"{at}/elements/{index}")


def _input(block: Json, at: str) -> None:
    plain(block.get("label"), f"{at}/label", 2_000)
    if "hint" in block:
        plain(block["hint"], f"{at}/hint", 2_000)
    element(block.get("element"), f"{at}/element")


def _image(block: Json, at: str) -> None:
    string(block.get("alt_text"), f"{at}/alt_text", 2_000)
    string(block.get("image_url"), f"{at}/image_url", 3_000)


def _rich_text(block: Json, at: str) -> None:
    if not isinstance(block.get("elements"), list):
        raise FaultyError("must provide an array", f"{at}/elements")


def _anything(block: Json, at: str) -> None:
    """Of these nothing is checked: the bot sends none."""


def _elements(block: Json, at: str, most: int) -> Sequence[Json]:
    given = block.get("elements")
    if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
        raise FaultyError("must provide an array", f"{at}/elements")
    if len(given) > most:
        raise FaultyError(f"no more than {most} items allowed", f"{at}/elements")
    return given


CHECKERS: dict[str, Callable[[Json, str], None]] = {
    "section": _section,
    "header": _header,
    "markdown": _markdown,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
    "image": _image,
    "rich_text": _rich_text,
    "divider": _anything,
    "video": _anything,
    "file": _anything,
    "table": _anything,
    "task_card": _anything,
    "plan": _anything,
}
ONLY_IN_MESSAGES = {"markdown", "table", "file", "context_actions", "task_card", "plan"}
