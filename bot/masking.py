"""What an operator wants masked besides what always is, as a file of theirs states it."""

from pathlib import Path

import msgspec

from rag_core.errors import MisconfiguredError
from rag_core.guarding.masking import Pattern


def patterns(file: str) -> tuple[Pattern, ...]:
    if not file:
        return ()
    try:
        found = msgspec.json.decode(Path(file).read_bytes(), type=list[dict[str, str]])
        return tuple(Pattern(each["name"], each["pattern"], each.get("replacement", "(removed)")) for each in found)
    except (OSError, msgspec.DecodeError, KeyError) as error:
        raise MisconfiguredError(
            f'SUPPORTBOT_MASKED is wrong: {file} is a JSON list of {{"name", "pattern", "replacement"}} ({error})'
        ) from error
