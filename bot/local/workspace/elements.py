"""What Slack accepts as an element of a block: buttons, menus, inputs."""

from collections.abc import Callable

from bot.local.workspace.nouns import Json
from bot.local.workspace.texts import FaultyError, plain, string, text

LONGEST_ACTION = 255
BUTTON_TEXT, BUTTON_VALUE = 75, 2_000
OPTIONS = 100


def element(given: object, at: str) -> None:
    if not isinstance(given, dict):
        raise FaultyError("must provide an object", at)
    kind = given.get("type")
    checker = CHECKERS.get(kind) if isinstance(kind, str) else None
    if checker is None:
        raise FaultyError(f"unsupported type: {kind}", f"{at}/type")
    if kind != "image":
        string(given.setdefault("action_id", f"a{at}"), f"{at}/action_id", LONGEST_ACTION)
    checker(given, at)


def _button(given: Json, at: str) -> None:
    plain(given.get("text"), f"{at}/text", BUTTON_TEXT)
    if "value" in given:
        string(given["value"], f"{at}/value", BUTTON_VALUE, least=0)
    if "url" in given:
        string(given["url"], f"{at}/url", 3_000)
    if given.get("style", "primary") not in {"primary", "danger"}:
        raise FaultyError("must be a valid enum value", f"{at}/style")
    if "accessibility_label" in given:
        string(given["accessibility_label"], f"{at}/accessibility_label", 75)
    _confirm(given, at)


def _confirm(given: Json, at: str) -> None:
    confirm = given.get("confirm")
    if confirm is None:
        return
    plain(confirm.get("title"), f"{at}/confirm/title", 100)
    text(confirm.get("text"), f"{at}/confirm/text", 300)
    for name in ("confirm", "deny"):
        if name in confirm:
            plain(confirm[name], f"{at}/confirm/{name}", 30)


def _feedback(given: Json, at: str) -> None:
    for name in ("positive_button", "negative_button"):
        button = given.get(name)
        if not isinstance(button, dict):
            raise FaultyError(f"missing required field: {name}", at)
        plain(button.get("text"), f"{at}/{name}/text", BUTTON_TEXT)
        string(button.get("value"), f"{at}/{name}/value", BUTTON_VALUE)


def _icon(given: Json, at: str) -> None:
    if given.get("icon") != "trash":
        raise FaultyError("must be a valid enum value", f"{at}/icon")
    plain(given.get("text"), f"{at}/text", BUTTON_TEXT)
    if "value" in given:
        string(given["value"], f"{at}/value", BUTTON_VALUE, least=0)


def _options(most: int) -> Callable[[Json, str], None]:
    def check(given: Json, at: str) -> None:
        options = given.get("options")
        if options is None and "option_groups" in given:
            return
        if not isinstance(options, list) or not options:
            raise FaultyError("must provide an array", f"{at}/options")
        if len(options) > most:
            raise FaultyError(f"no more than {most} items allowed", f"{at}/options")
        for index, option in enumerate(options):
            text(option.get("text"), f"{at}/options/{index}/text", 75)
            string(option.get("value"), f"{at}/options/{index}/value", 150)
        _initial(given, at)

    return check


def _initial(given: Json, at: str) -> None:
    """What is chosen at first must be, word for word, one of the options."""
    chosen = [given["initial_option"]] if "initial_option" in given else given.get("initial_options", [])
    if any(option not in given["options"] for option in chosen):
        raise FaultyError("must match an option", f"{at}/initial_option")


def _placeholder(given: Json, at: str) -> None:
    if "placeholder" in given:
        plain(given["placeholder"], f"{at}/placeholder", 150)


def _text_input(given: Json, at: str) -> None:
    _placeholder(given, at)
    most = given.get("max_length", 3_000)
    if not isinstance(most, int) or not 1 <= most <= 3_000:
        raise FaultyError("must be between 1 and 3000", f"{at}/max_length")
    if "initial_value" in given:
        string(given["initial_value"], f"{at}/initial_value", most, least=0)


def _image(given: Json, at: str) -> None:
    string(given.get("alt_text"), f"{at}/alt_text", 2_000)


CHECKERS: dict[str, Callable[[Json, str], None]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon,
    "static_select": _options(OPTIONS),
    "multi_static_select": _options(OPTIONS),
    "overflow": _options(5),
    "checkboxes": _options(10),
    "radio_buttons": _options(10),
    "plain_text_input": _text_input,
    "email_text_input": _placeholder,
    "number_input": _placeholder,
    "url_text_input": _placeholder,
    "users_select": _placeholder,
    "multi_users_select": _placeholder,
    "channels_select": _placeholder,
    "multi_channels_select": _placeholder,
    "conversations_select": _placeholder,
    "multi_conversations_select": _placeholder,
    "datepicker": _placeholder,
    "timepicker": _placeholder,
    "image": _image,
}
