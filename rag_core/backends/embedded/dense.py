"""The dense leg: one matrix product over every vector the reader may see.

Rows of public chunks come first, so a public search multiplies a slice and never touches an internal vector.
"""

import json
import os
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_core.domain import Audience, SourceName, Vector

VECTORS, KEYS, MANIFEST = "vectors.f32", "keys.i64", "manifest.json"
Row = tuple[int, SourceName, Vector]  # chunk key, its document's source


def write(folder: Path, public: Iterable[Row], internal: Iterable[Row]) -> int:
    """Write the matrix row by row, public rows first; gives the number of rows."""
    folder.mkdir()
    counts, check = [0, 0], 0
    sources: dict[SourceName, int] = {}
    with (folder / VECTORS).open("xb") as vectors, (folder / KEYS).open("xb") as keys:
        for group, rows in enumerate((public, internal)):
            for key, source, vector in rows:
                vectors.write(vector.tobytes())
                entry = np.array([key, sources.setdefault(source, len(sources))], "<i8").tobytes()
                keys.write(entry)
                check = zlib.crc32(entry, check)
                counts[group] += 1
        size = vectors.tell()
        for file in (vectors, keys):
            file.flush()
            os.fsync(file.fileno())
    manifest = {"rows": sum(counts), "public": counts[0], "bytes": size, "keys": check, "sources": list(sources)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return sum(counts)


def usable(folder: Path) -> bool:
    """Whether the matrix is there and whole."""
    try:
        return bool(DenseLeg(folder))
    except (ValueError, KeyError, OSError):
        return False


class DenseLeg:
    """The matrix of one version, mapped into memory. Raises ValueError, KeyError or OSError where it is not whole."""

    def __init__(self, folder: Path) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        rows, self._public, size = manifest["rows"], manifest["public"], manifest["bytes"]
        found = (folder / KEYS).read_bytes()
        if (zlib.crc32(found), (folder / VECTORS).stat().st_size) != (manifest["keys"], size) or self._public > rows:
            raise ValueError("the matrix is not what was written")
        self._keys, self._source_of = np.frombuffer(found, dtype="<i8").reshape(-1, 2).T
        self._sources: dict[str, int] = {name: number for number, name in enumerate(manifest["sources"])}
        self._by_key = np.argsort(self._keys)
        self.dimensions = size // 4 // rows if rows else 0
        self._matrix: NDArray[np.float32] = np.empty((0, 0), np.float32)
        if rows:
            self._matrix = np.memmap(folder / VECTORS, np.float32, "r", shape=(rows, self.dimensions))

    def search(
        self,
        vector: Vector,
        audience: Audience,
        limit: int,
        also: Collection[int] = (),
        sources: Collection[SourceName] | None = None,
    ) -> dict[int, float]:
        """Cosine by chunk key, best first, of the nearest and of those in `also` that the reader may see."""
        rows = len(self._keys) if audience is Audience.INTERNAL else self._public
        if not rows:
            return {}
        cosines = self._matrix[:rows] @ np.frombuffer(vector, np.float32)
        if sources is not None:
            wanted = [self._sources[name] for name in sources if name in self._sources]
            cosines[~np.isin(self._source_of[:rows], wanted)] = -np.inf
        limit = min(limit, rows)
        nearest = np.argpartition(cosines, rows - limit)[rows - limit :]
        named = self._by_key[np.searchsorted(self._keys, sorted(also), sorter=self._by_key)]
        best = np.union1d(nearest, named[named < rows])
        best = best[np.argsort(-cosines[best], kind="stable")]
        return {int(self._keys[row]): float(cosines[row]) for row in best if cosines[row] > -np.inf}
