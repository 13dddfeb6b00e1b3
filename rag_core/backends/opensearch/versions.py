"""The versions of an index: physical indices behind one alias, and which of them answers.

What the alias points to is never written to. The alias moves in one request that fails when another run has moved it.
"""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from rag_core.backends.opensearch.asking import state
from rag_core.backends.opensearch.entries import StateEntry
from rag_core.backends.opensearch.node import MissingError, Node
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError

ORPHANED = timedelta(hours=6)  # without being pointed to: longer than any run takes
STAMP = "%Y%m%d%H%M%S"
NONE_KEPT = (
    "no version before is kept: there is none yet, or something in it was forgotten. Ingest again to bring back what "
    "a source holds"
)
ANOTHER = "another ingestion into {} has finished meanwhile: nothing of this one is visible, ingest again"


class _Resolved(msgspec.Struct, frozen=True):
    name: str
    aliases: list[str] = []


class _Indices(msgspec.Struct, frozen=True):
    indices: list[_Resolved] = []


class Versions:
    """Of one alias."""

    def __init__(self, node: Node, alias: str, timeout: float) -> None:
        self._node, self.alias, self._timeout = node, alias, timeout

    def current(self) -> str | None:
        """The physical index that answers; None where nothing does."""
        found = self._pointed(self.alias)
        if len(found) > 1:  # two first runs at once: both take theirs back
            raise UnavailableError(ANOTHER.format(self.alias))
        return next(iter(found), None)

    def _pointed(self, alias: str) -> list[str]:
        try:
            return list(self._node.send("GET", f"/_alias/{alias}", dict[str, object], within=self._timeout))
        except MissingError:
            return []

    def state(self, index: str) -> StateEntry | None:
        """What an index is; None where it is none of ours."""
        found = self._node.write_search(state(), index).hits.hits
        return found[0].state if found else None

    def new(self) -> str:
        """The name of an index to come: later ones sort behind, and no two runs choose the same."""
        return f"{self.alias}-{datetime.now(UTC):{STAMP}}-{secrets.token_hex(4)}"

    @property
    def _before(self) -> str:
        """The alias of the version that can be rolled back to: what an alias points to is no orphan."""
        return f"{self.alias}-before"

    def publish(self, former: str | None, new: str) -> None:
        """Swap, keep `former`, and drop what was kept until then."""
        older = [each for each in self._pointed(self._before) if each != former]
        kept = [self._removed(each, self._before) for each in older]
        if former is not None:
            kept.append({"add": {"index": former, "alias": self._before}})
        self.swap(former, new, *kept)
        for each in older:
            self.drop(each)

    def before(self) -> str:
        """What answered before the present one. Raises RejectedError where none is kept."""
        found = self._pointed(self._before)
        if self.current() is None or len(found) != 1:
            raise RejectedError(NONE_KEPT)
        return found[0]

    def bring_back(self, version: str) -> None:
        """The version before and the present one change places; once more is the same. Raises RejectedError."""
        present = self.current()
        if present == version:
            return
        if present is None or self._pointed(self._before) != [version]:
            raise RejectedError("another version answers by now, so nothing was changed: roll back anew if need be")
        kept: dict[str, object] = {"add": {"index": present, "alias": self._before}}
        self.swap(present, version, self._removed(version, self._before), kept)

    def forget(self, holds: Callable[[str], bool]) -> bool:
        """Drop what could be rolled back to, where it `holds` what is to be forgotten; whether it did.

        First the alias goes: it fails where a rollback was faster, so that what answers is never dropped.
        """
        found = [each for each in self._pointed(self._before) if holds(each)]
        for each in found:
            try:
                self._act([self._removed(each, self._before)])
            except MissingError as error:
                raise UnavailableError(ANOTHER.format(self.alias)) from error
            self._delete(each)
        return bool(found)

    @staticmethod
    def _removed(index: str, alias: str) -> dict[str, object]:
        return {"remove": {"index": index, "alias": alias, "must_exist": True}}

    def swap(self, former: str | None, new: str, *more: dict[str, object]) -> None:
        """`more`: in the same step. Raises UnavailableError when the alias no longer points to `former`."""
        actions: list[dict[str, object]] = [{"add": {"index": new, "alias": self.alias}}, *more]
        if former is not None:
            actions.insert(0, self._removed(former, self.alias))
        try:
            self._act(actions)
        except MissingError as error:
            raise UnavailableError(ANOTHER.format(self.alias)) from error
        # a first run has nothing to remove, so two may both have added theirs
        if former is None and set(self._pointed(self.alias)) - {new}:
            self._act([{"remove": {"index": new, "alias": self.alias}}])
            raise UnavailableError(ANOTHER.format(self.alias))

    def _act(self, actions: list[dict[str, object]]) -> None:
        self._node.send("POST", "/_aliases", object, {"actions": actions}, within=self._timeout)

    def drop(self, index: str) -> None:
        """A later commit tries again what fails here: nobody reads it."""
        try:
            self._delete(index)
        except (UnavailableError, MisconfiguredError):
            return

    def _delete(self, index: str) -> None:
        self._node.send("DELETE", f"/{index}", object, within=self._timeout)

    def drop_orphans(self) -> None:
        """What runs that died have left: ours by name, pointed to by no alias, and old."""
        try:
            path = f"/_resolve/index/{self.alias}-*"
            listed = self._node.send("GET", path, _Indices, within=self._timeout).indices
        except (UnavailableError, MisconfiguredError):
            return
        for each in listed:
            if not each.aliases and self._old(each.name):
                self.drop(each.name)

    def _old(self, name: str) -> bool:
        named = named_at(self.alias, name)
        return named is not None and datetime.now(UTC) - named > ORPHANED


def named_at(alias: str, version: str) -> datetime | None:
    """When its run was planned, so that what its source held then is in it; None: it is none of this alias's."""
    found = re.fullmatch(re.escape(alias) + r"-(\d{14})-[0-9a-f]{8}", version)
    return datetime.strptime(found[1], STAMP).replace(tzinfo=UTC) if found else None
