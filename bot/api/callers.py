"""Who may call, by the keys they hold, and what each of them may ask.

Without a single caller nothing starts, unless a channel's pages are to be served: then nobody may ask. An API that
nobody was given a key to must not be open to all. Only hashes of keys are configured; keys are long and random, so a
fast hash keeps them as well as a slow one.
"""

from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import DecodeError, Meta, Struct, json

from bot import quick
from bot.api.errors import RefusedError
from bot.settings import Settings
from rag_core.domain import Audience, PersonId, SourceName
from rag_core.errors import MisconfiguredError

SECRET = "secret:"  # noqa: S105 - what stands before the id of a secret
NO_KEY = sha256(b"").hexdigest()
LONGEST_KEY = 512
NARROWEST = (Audience.PUBLIC, Audience.INTERNAL)  # first
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Callback(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the answers to a caller's asynchronous questions go, and what they are signed with."""

    url: str
    secret: Annotated[str, Meta(min_length=32)]

    def __repr__(self) -> str:
        return "Callback(...)"


class Caller(Struct, frozen=True, forbid_unknown_fields=True):
    """One program that may call."""

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    key_sha256: Annotated[list[Hash], Meta(min_length=1)]  # several while a key is exchanged
    audiences: Annotated[frozenset[Audience], Meta(min_length=1)] = frozenset({Audience.PUBLIC})
    sources: frozenset[SourceName] | None = None  # None: all
    quota: Annotated[int, Meta(ge=1, le=100_000)] = 60  # questions a minute
    callback: Callback | None = None
    ingest: bool = False  # whether it may begin ingestions

    @property
    def person(self) -> PersonId:
        """As whom it asks; no other channel's person has such an id."""
        return PersonId(f"api:{self.name}")

    def audience(self, wanted: Audience | None) -> Audience:
        """The one asked for, or the narrowest; raises RefusedError for one that this caller may not ask for."""
        if wanted is None:
            return next(each for each in NARROWEST if each in self.audiences)
        if wanted not in self.audiences:
            allowed = ", ".join(each for each in NARROWEST if each in self.audiences)
            raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", f"audience: this key may ask for {allowed} only")
        return wanted


class Callers:
    """Everyone who may call."""

    def __init__(self, callers: list[Caller], *, needed: bool = True) -> None:
        if needed and not callers:
            raise MisconfiguredError("the query API has no callers: set SUPPORTBOT_API_CALLERS (docs/api.md)")
        for caller in callers:
            _check(caller)
        self._by_name = {caller.name: caller for caller in callers}
        self._hashes = [(each.encode(), caller) for caller in callers for each in caller.key_sha256]
        if len(self._by_name) < len(callers) or len({each for each, _ in self._hashes}) < len(self._hashes):
            raise MisconfiguredError("SUPPORTBOT_API_CALLERS is wrong: two callers share a name or a key")

    def identify(self, key: str) -> Caller:
        """Raises RefusedError: 401. Every hash is compared, so time tells nothing."""
        given = sha256(key[: LONGEST_KEY + 1].encode(errors="replace")).hexdigest().encode()
        found = [caller for known, caller in self._hashes if compare_digest(known, given)]
        if not found or len(key) > LONGEST_KEY:
            message = "a valid key is needed, as Authorization: Bearer <key> or as X-Api-Key: <key>"
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
        return found[0]

    def named(self, person: PersonId) -> Caller | None:
        """Who asked; None when it was no caller of this API or is one no more."""
        return self._by_name.get(person.removeprefix("api:")) if person.startswith("api:") else None


def load(settings: Settings) -> Callers:
    """Raises MisconfiguredError; UnavailableError when the secret cannot be read now."""
    stated = settings.api_callers.strip()
    try:
        if stated.startswith(SECRET):
            stated = quick.revealed(settings, stated)
        elif stated and not stated.startswith("["):
            stated = Path(stated).read_text("utf-8")
        if not stated:
            return Callers([], needed=not settings.has_pages)
        return Callers(json.decode(stated, type=list[Caller]))
    except (OSError, DecodeError, UnicodeError) as error:
        raise MisconfiguredError(f"SUPPORTBOT_API_CALLERS is wrong: {error}; docs/api.md shows its form") from error


def _check(caller: Caller) -> None:
    if NO_KEY in caller.key_sha256:
        raise MisconfiguredError(f"SUPPORTBOT_API_CALLERS is wrong: the key of {caller.name} is empty")
    if caller.callback is None:
        return
    try:
        address = urlsplit(caller.callback.url)
        fits = address.scheme == "https" and address.hostname and not address.username and address.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise MisconfiguredError(f"the callback of {caller.name} must be an https:// address without a user")
