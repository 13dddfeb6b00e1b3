"""What is masked: what an operator names in a file of theirs besides what always is, and texts that are kept.

An answer is masked by the guard as it leaves; what becomes knowledge is masked before it is kept.
"""

import re
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import msgspec

from rag_core.errors import MisconfiguredError
from rag_core.guarding.masking import Masks, Pattern
from rag_core.guarding.showing import Shown

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])")
KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z0-9 ]{0,60}-----|.*)", re.DOTALL
)
WORD = re.compile(r"\S+")
FORM = 1  # raise it when what is masked changes


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


class Masking:
    """Of plain text that is to be kept: nothing in it is shown anywhere yet, so no number stays."""

    def __init__(self, file: str = "") -> None:
        self._patterns = patterns(file)

    @property
    def name(self) -> str:
        """Changes with whatever changes what is masked."""
        said = (FORM, [repr(each) for each in self._patterns])
        return blake2b(repr(said).encode(), digest_size=8).hexdigest()

    def __call__(self, text: str) -> str:
        masks = Masks(self._patterns, Counter(), Shown())
        lines = (masks.secrets(line) for line in KEY.sub("(private key removed)", text).split("\n"))
        # the operator's patterns are for one word each, some of ours for two
        words = WORD.sub(lambda found: masks.secrets(found.group()), "\n".join(lines))
        return EMAIL.sub("(e-mail address removed)", masks.people(words))
