"""Guard a text or a stream of it: what may leave, and what was done to it.

Both are one machine: a text is a stream that came at once, so nothing can pass in pieces that would not pass whole.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from rag_core.errors import MisconfiguredError
from rag_core.guarding.cleaning import Cleaner
from rag_core.guarding.cutting import Cutter
from rag_core.guarding.linking import Allowed, Known, hosts
from rag_core.guarding.masking import Masks, Pattern
from rag_core.guarding.pieces import Kind
from rag_core.guarding.showing import Shown
from rag_core.guarding.structuring import Structure
from rag_core.guarding.wording import Words

_READ = 2  # times `longest`: of a text that is mostly what has to go, no more is read
_PROSE = re.compile(r"[A-Za-z0-9 .,;:?'\"()/-]+")  # nothing hidden, nothing that begins a construct
_STEP = 2000  # characters read at once, which changes nothing but the time


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What an operator decides. Raises MisconfiguredError where it cannot be kept."""

    allowed_hosts: frozenset[str] = frozenset()  # "help.example.com", "*.example.com"; any page of theirs
    patterns: tuple[Pattern, ...] = ()
    longest: int = 12_000  # characters, the sign included
    sign: str = "… (the rest was left out: too long)"

    def __post_init__(self) -> None:
        hosts(self.allowed_hosts)
        if self.longest < 2 * len(self.sign) + 100:
            raise MisconfiguredError(f"answers of at most {self.longest} characters say nothing: allow more")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A text that may leave, and how often which rule changed it: names and numbers, no one's words."""

    text: str
    findings: Mapping[str, int] = field(default_factory=dict)
    in_key: bool = False  # it broke off within a private key, which the next part of the same reply may go on with


class Guard:
    """The last step before every channel. Keeps nothing between two texts."""

    def __init__(self, policy: GuardPolicy | None = None) -> None:
        self._policy = policy or GuardPolicy()

    @property
    def longest(self) -> int:
        """Characters of a text."""
        return self._policy.longest

    @property
    def name(self) -> str:
        """Changes with whatever changes what it lets through."""
        policy = self._policy
        said = (sorted(policy.allowed_hosts), [repr(each) for each in policy.patterns], policy.longest, policy.sign)
        return blake2b(repr(said).encode(), digest_size=8).hexdigest()

    def check(self, text: str, allowed: Allowed = Allowed(), *, in_key: bool = False) -> Guarded:  # noqa: B008 - frozen
        """`in_key`: as the part before this one said."""
        stream = GuardedStream(self._policy, allowed, in_key=in_key)
        released = stream.feed(text) + stream.finish()
        return Guarded(released, stream.findings, stream.in_key)

    def stream(self, allowed: Allowed = Allowed()) -> "GuardedStream":  # noqa: B008 - frozen
        return GuardedStream(self._policy, allowed)


class GuardedStream:
    """Text in as it comes, out as soon as it is judged; what was released is never taken back."""

    def __init__(self, policy: GuardPolicy, allowed: Allowed, *, in_key: bool = False) -> None:
        self._findings: Counter[str] = Counter()
        self._shown, self._allowed = Shown(), Allowed()
        self._masks = Masks(policy.patterns, self._findings, self._shown)
        self._known = Known(policy.allowed_hosts, self._masks.has_secret, self._shown)
        self._unread = _READ * policy.longest
        self._cutter = Cutter(policy.longest, policy.sign, self._findings)
        self._words = Words(self._known, self._masks, self._cutter, self._findings, in_key=in_key)
        self._structure = Structure(self._known, self._words, self._findings)
        self._cleaner = Cleaner(self._findings)
        self._allow(allowed)

    @property
    def findings(self) -> Mapping[str, int]:
        return {name: count for name, count in sorted(self._findings.items()) if count}

    @property
    def in_key(self) -> bool:
        """Whether a private key goes on where the text ends."""
        return self._words.in_key

    def feed(self, text: str, allowed: Allowed | None = None) -> str:
        """What may be shown now. `allowed` adds to what was allowed before; it counts for what is not judged yet."""
        if allowed is not None:
            self._allow(allowed)
        if self._structure.idle and _PROSE.fullmatch(text) and len(text) <= self._unread:
            self._unread -= len(text)
            self._cleaner.skip(text)
            self._words.feed(text, Kind.PROSE)
            return self._cutter.released()
        read, self._unread = text[: self._unread], self._unread - len(text)
        for start in range(0, len(read), _STEP):
            if self._cutter.full:
                break
            self._structure.feed(self._cleaner.feed(read[start : start + _STEP]))
        if self._unread < 0 and not self._cutter.full:
            self._end()
            self._cutter.cut()
        return self._cutter.released()

    def finish(self) -> str:
        """The rest: what is unfinished now stays so."""
        if not self._cutter.full:
            self._end()
            self._cutter.finish()
        return self._cutter.released()

    def _end(self) -> None:
        self._structure.feed("", final=True)
        self._words.flush()

    def _allow(self, allowed: Allowed) -> None:
        if allowed != self._allowed:
            self._allowed = allowed
            self._shown.add(allowed.passages)
            self._known.learn(allowed.urls)
