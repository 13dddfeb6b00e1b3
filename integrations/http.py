"""What comes in by HTTP and what is said back: the same for every channel's request URL.

Of a header that is there several times nobody says which of them was signed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TEXT, JSON, HTML = "text/plain; charset=utf-8", "application/json", "text/html; charset=utf-8"

Headers = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The response, and for the log what became of the request: constants and ids, nothing a person wrote."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": TEXT})
    code: str = ""  # what was wrong
    kind: str = ""  # of the payload, once it is known for the platform's
    job: str = ""  # its id
    error: Exception | None = None  # why it could not be taken


def one(headers: Headers, name: str) -> str:
    """A header's only value; empty where there are none or several. `name` in small letters."""
    found = [value for key, value in headers.items() if key.lower() == name]
    values = [each for value in found for each in ([value] if isinstance(value, str) else value)]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""
