"""The dense leg: one matrix product over every vector the reader may see.

Rows of public chunks come first, so a public search multiplies a slice and never touches an internal vector.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_core.domain import Audience, Vector

VECTORS, KEYS, PUBLIC = "vectors.f32", "keys.i64", "public.txt"


def write(folder: Path, public: Iterable[tuple[int, Vector]], internal: Iterable[tuple[int, Vector]]) -> int:
    """Write the matrix row by row, public rows first; gives the number of rows."""
    rows = count_public = 0
    with (folder / VECTORS).open("wb") as vectors, (folder / KEYS).open("wb") as keys:
        for group in (public, internal):
            for key, vector in group:
                vectors.write(vector.tobytes())
                keys.write(int(key).to_bytes(8, "little"))
                rows += 1
            count_public = count_public or rows if group is public else count_public
    (folder / PUBLIC).write_text(str(count_public))
    return rows


def usable(folder: Path) -> bool:
    """Whether the matrix is there and whole."""
    try:
        return bool(DenseLeg(folder))
    except (ValueError, OSError):
        return False


class DenseLeg:
    """The matrix of one version, mapped into memory."""

    def __init__(self, folder: Path) -> None:
        self._keys = np.fromfile(folder / KEYS, dtype="<i8")
        self._by_key = np.argsort(self._keys)
        self._public = int((folder / PUBLIC).read_text())
        size = (folder / VECTORS).stat().st_size // 4
        self.dimensions, rest = divmod(size, len(self._keys)) if len(self._keys) else (0, size)
        if rest:
            raise ValueError(f"{size} numbers are not {len(self._keys)} vectors")
        self._matrix: NDArray[np.float32] = np.empty((0, 0), np.float32)
        if size:
            self._matrix = np.memmap(folder / VECTORS, np.float32, "r", shape=(len(self._keys), self.dimensions))

    def search(self, vector: Vector, audience: Audience, limit: int, also: Collection[int] = ()) -> dict[int, float]:
        """Cosine by chunk key, best first, of the nearest and of those in `also` that the reader may see."""
        rows = len(self._keys) if audience is Audience.INTERNAL else self._public
        if not rows:
            return {}
        cosines = self._matrix[:rows] @ np.frombuffer(vector, np.float32)
        limit = min(limit, rows)
        nearest = np.argpartition(cosines, rows - limit)[rows - limit :]
        named = self._by_key[np.searchsorted(self._keys, sorted(also), sorter=self._by_key)]
        best = np.union1d(nearest, named[named < rows])
        best = best[np.argsort(-cosines[best], kind="stable")]
        return {int(self._keys[row]): float(cosines[row]) for row in best}
