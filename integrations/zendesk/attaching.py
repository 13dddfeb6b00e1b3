"""The text of what came with a question; what is not read is named.

Only plain text, small, from the account itself: nothing is opened that has to be parsed.
"""

from collections.abc import Mapping, Sequence

from integrations.zendesk.client import Zendesk
from integrations.zendesk.conversing import Attachment
from rag_core.domain import Deadline
from rag_core.errors import SupportBotError

MOST = 3  # files
LARGEST = 50_000  # bytes
READ = ("text/plain", "text/csv", "text/markdown", "text/x-log", "text/tab-separated-values")
LONGEST_NAME = 120


class Attached:
    """Reads files of one account; a file that cannot be had is no reason to be without a draft."""

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk = zendesk

    def texts(self, files: Sequence[Attachment], deadline: Deadline) -> Mapping[str, str | None]:
        """By name; None for what was not read."""
        readable = [file for file in files if _is_readable(file)][:MOST]
        found: dict[str, str | None] = {}
        for file in files:
            name = _named(file)
            if name in found:  # as a mail program calls all of them
                name = f"{name} ({len(found) + 1})"
            found[name] = self._text(file, deadline) if file in readable else None
        return found

    def _text(self, file: Attachment, deadline: Deadline) -> str | None:
        try:
            return self._zendesk.file(file.url, deadline, most=LARGEST).decode()
        except (SupportBotError, ValueError):  # no UTF-8, or no address
            return None


def _is_readable(file: Attachment) -> bool:
    kind = file.kind.partition(";")[0].strip().lower()
    return kind in READ and 0 < file.size <= LARGEST and not file.infected


def _named(file: Attachment) -> str:
    return " ".join(file.name.split())[:LONGEST_NAME] or "a file without a name"
