"""Every setting, with its default and its check.

The only reader of the environment. msgspec rather than pydantic-settings, whose import takes longer than the whole of a
lexical answer: docs/decisions.md.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from rag_core.errors import MisconfiguredError

PREFIX = "SUPPORTBOT_"
DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LEXICAL = "none"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read from SUPPORTBOT_<NAME>; an empty variable counts as not set."""

    home: str = ""  # the folder of all state; by default the user's data folder
    embedding_model: str = ""  # a folder, a name fastembed knows, or "none"; empty: the index's own, else the default
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8765  # of the playground; 0 takes a free one

    @property
    def folder(self) -> Path:
        if self.home:
            return Path(self.home).expanduser()
        from platformdirs import user_data_path  # not needed where a home is given

        return user_data_path("supportbot")


def load(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Raises MisconfiguredError naming the variable; `given` (a command's options) goes before the environment."""
    names = {field.name for field in msgspec.structs.fields(Settings)}
    stated = {name: environment[PREFIX + name.upper()] for name in names if environment.get(PREFIX + name.upper())}
    values = stated | {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        name = f"{PREFIX}{path.rstrip('`').upper()}" if path else "a setting"
        raise MisconfiguredError(f"{name} is wrong: {reason}") from error
