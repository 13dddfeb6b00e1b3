"""The recent questions of a scope, and those among them that are near another.

Kept as a series in the cache, which need not know vectors, and mirrored in the process: a question reads only what is
new. Near ones are found by the signs of their coordinates first, a count of differing bits, then by cosine: a
millisecond or two among 512 of 1,024 dimensions, without a library.
"""

import math
import threading
from array import array
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import timedelta
from heapq import nsmallest
from operator import mul

import msgspec

from rag_core.domain import Vector
from rag_core.ports import Cache

NEAR = 0.92  # cosine; see docs/quality.md#answers-by-meaning
LONGEST = 512  # questions of a scope
PAGE, PAGES = 128, 4  # questions read at once, and as often for one question: a cold process catches up over several
MIRRORS = 32  # scopes
LOOKED_AT = 8  # by cosine, after the signs
SIGNS = bytes(ord("1") if value >= 128 else ord("0") for value in range(256))


class Recent(msgspec.Struct, frozen=True, array_like=True):
    """A question that was answered: where its answer lies, its wording, and its vector in bytes with signs."""

    stem: str
    decisive: str
    terms: tuple[int, ...]
    vector: bytes


@dataclass(frozen=True, slots=True)
class _Point:
    recent: Recent
    vector: "array[int]"
    length: float
    signs: int


class _Mirror:
    def __init__(self) -> None:
        self.mark = ""
        self.points: deque[_Point] = deque(maxlen=LONGEST)
        self.lock = threading.Lock()


class Meanings:
    """The mirrors of this process; safe to share between threads."""

    def __init__(self, cache: Cache, *, ttl: timedelta, near: float = NEAR) -> None:
        self._cache, self._ttl, self._near = cache, ttl, near
        self._mirrors: OrderedDict[str, _Mirror] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, recent: Recent) -> None:
        self._cache.append(name, msgspec.msgpack.encode(recent), longest=LONGEST, ttl=self._ttl)

    def near(self, name: str, vector: Vector, decisive: str) -> list[Recent]:
        """Questions of the series that are near enough and agree in what decides, the nearest first."""
        asked = _point(Recent("", decisive, (), quantised(vector)))
        points = [each for each in self._read(name) if len(each.vector) == len(asked.vector)]
        closest = nsmallest(LOOKED_AT, points, key=lambda point: (point.signs ^ asked.signs).bit_count())
        found = [(_cosine(asked, each), each.recent) for each in closest if each.recent.decisive == decisive]
        found.sort(key=lambda pair: -pair[0])
        return [recent for cosine, recent in found if cosine >= self._near]

    def _read(self, name: str) -> list[_Point]:
        mirror = self._mirror(name)
        for _ in range(PAGES):
            after = mirror.mark
            entries = self._cache.read(name, after=after, most=PAGE)
            points = [point for _, value in entries if (point := _decoded(value)) is not None]
            with mirror.lock:
                if entries and mirror.mark == after:  # else another thread has read the same
                    mirror.points.extend(points)
                    mirror.mark = entries[-1][0]
            if len(entries) < PAGE:
                break
        with mirror.lock:
            return list(mirror.points)

    def _mirror(self, name: str) -> _Mirror:
        with self._lock:
            mirror = self._mirrors.setdefault(name, _Mirror())
            self._mirrors.move_to_end(name)
            if len(self._mirrors) > MIRRORS:
                self._mirrors.popitem(last=False)
            return mirror


def quantised(vector: Vector) -> bytes:
    """A byte a dimension: a cosine moves by less than 0.001."""
    largest = max(map(abs, vector), default=0.0) or 1.0
    return array("b", [round(value * 127 / largest) for value in vector]).tobytes()


def _decoded(value: bytes) -> _Point | None:
    try:
        return _point(msgspec.msgpack.decode(value, type=Recent))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _point(recent: Recent) -> _Point:
    vector = array("b", recent.vector)
    length = math.sqrt(sum(map(mul, vector, vector)))
    return _Point(recent, vector, length, int(recent.vector.translate(SIGNS) or b"0", 2))


def _cosine(one: _Point, other: _Point) -> float:
    dot: int = sum(map(mul, one.vector, other.vector))
    return dot / (one.length * other.length or 1.0)
