"""Lengths and kinds of the texts in a block."""


class FaultyError(Exception):
    """What is wrong with a block, and where."""


def text(value: object, at: str, most: int, *, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> None:
    """A text object that is not empty and not too long."""
    if not isinstance(value, dict):
        raise FaultyError("must provide an object", at)
    if value.get("type") not in kinds:
        raise FaultyError(f"unsupported type: {value.get('type')}", f"{at}/type")
    string(value.get("text"), f"{at}/text", most)


def string(value: object, at: str, most: int, least: int = 1) -> None:
    if not isinstance(value, str):
        raise FaultyError("must provide a string", at)
    if len(value) < least:
        raise FaultyError(f"must be more than {least - 1} characters", at)
    if len(value) > most:
        raise FaultyError(f"must be less than {most + 1} characters", at)


def plain(value: object, at: str, most: int) -> None:
    text(value, at, most, kinds=("plain_text",))
