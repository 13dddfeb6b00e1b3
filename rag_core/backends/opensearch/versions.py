"""The versions of an index: physical indices behind one alias, and which of them answers.

What the alias points to is never written to. The alias moves in one request that fails when another run has moved it.
"""

import re
import secrets
from datetime import UTC, datetime, timedelta

import msgspec

from rag_core.backends.opensearch.asking import state
from rag_core.backends.opensearch.entries import StateEntry
from rag_core.backends.opensearch.node import MissingError, Node
from rag_core.errors import MisconfiguredError, UnavailableError

ORPHANED = timedelta(hours=6)  # without being pointed to: longer than any run takes
STAMP = "%Y%m%d%H%M%S"
ANOTHER = "another ingestion into {} has finished meanwhile: nothing of this one is visible, ingest again"


class _Resolved(msgspec.Struct, frozen=True):
    name: str
    aliases: list[str] = []


class _Indices(msgspec.Struct, frozen=True):
    indices: list[_Resolved] = []


class Versions:
    """Of one alias."""

    def __init__(self, node: Node, alias: str, timeout: float) -> None:
        self._node, self._alias, self._timeout = node, alias, timeout

    def current(self) -> str | None:
        """The physical index that answers; None where nothing does."""
        found = self._pointed()
        if len(found) > 1:  # two first runs at once: both take theirs back
            raise UnavailableError(ANOTHER.format(self._alias))
        return next(iter(found), None)

    def _pointed(self) -> list[str]:
        try:
            return list(self._node.send("GET", f"/_alias/{self._alias}", dict[str, object], within=self._timeout))
        except MissingError:
            return []

    def state(self, index: str) -> StateEntry | None:
        """What an index is; None where it is none of ours."""
        found = self._node.write_search(state(), index).hits.hits
        return found[0].state if found else None

    def new(self) -> str:
        """The name of an index to come: later ones sort behind, and no two runs choose the same."""
        return f"{self._alias}-{datetime.now(UTC):{STAMP}}-{secrets.token_hex(4)}"

    def swap(self, former: str | None, new: str) -> None:
        """Raises UnavailableError when the alias no longer points to `former`."""
        actions: list[dict[str, object]] = [{"add": {"index": new, "alias": self._alias}}]
        if former is not None:
            actions.insert(0, {"remove": {"index": former, "alias": self._alias, "must_exist": True}})
        try:
            self._act(actions)
        except MissingError as error:
            raise UnavailableError(ANOTHER.format(self._alias)) from error
        # a first run has nothing to remove, so two may both have added theirs
        if former is None and set(self._pointed()) - {new}:
            self._act([{"remove": {"index": new, "alias": self._alias}}])
            raise UnavailableError(ANOTHER.format(self._alias))

    def _act(self, actions: list[dict[str, object]]) -> None:
        self._node.send("POST", "/_aliases", object, {"actions": actions}, within=self._timeout)

    def drop(self, index: str) -> None:
        """A later commit tries again what fails here: nobody reads it."""
        try:
            self._node.send("DELETE", f"/{index}", object, within=self._timeout)
        except (UnavailableError, MisconfiguredError):
            return

    def drop_orphans(self) -> None:
        """What runs that died have left: ours by name, pointed to by no alias, and old."""
        try:
            path = f"/_resolve/index/{self._alias}-*"
            listed = self._node.send("GET", path, _Indices, within=self._timeout).indices
        except (UnavailableError, MisconfiguredError):
            return
        for each in listed:
            if not each.aliases and self._old(each.name):
                self.drop(each.name)

    def _old(self, name: str) -> bool:
        found = re.fullmatch(re.escape(self._alias) + r"-(\d{14})-[0-9a-f]{8}", name)
        return (
            found is not None and datetime.now(UTC) - datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) > ORPHANED
        )
