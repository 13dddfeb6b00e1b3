"""An embedder that remembers.

Whole float32 values are kept: the same text must give the same vector, whether it was remembered or not.
"""

from array import array
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from rag_core.caching.keys import FORMAT
from rag_core.domain import NEVER, Deadline, Vector
from rag_core.ports import Cache, Embedder

BATCH = 64  # texts asked for at once: 256 KB of 1,024 dimensions
QUESTIONS, PASSAGES = timedelta(days=1), timedelta(days=30)


class CachedEmbedder:
    """Embedder; questions and passages apart, since a model may embed them differently."""

    def __init__(
        self, embedder: Embedder, cache: Cache, *, questions: timedelta = QUESTIONS, passages: timedelta = PASSAGES
    ) -> None:
        self._embedder, self._cache = embedder, cache
        self._questions, self._passages = questions, passages

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        (known,) = self._known("question", [text])
        if known is not None:
            return known
        vector = self._embedder.embed_question(text, deadline=deadline)
        self._keep("question", {text: vector}, self._questions)
        return vector

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        known = self._known("passage", texts)
        missing = list(dict.fromkeys(text for text, vector in zip(texts, known, strict=True) if vector is None))
        made = dict(zip(missing, self._embedder.embed_passages(missing) if missing else [], strict=True))
        self._keep("passage", made, self._passages)
        return [made[text] if vector is None else vector for text, vector in zip(texts, known, strict=True)]

    def _known(self, kind: str, texts: Sequence[str]) -> list[Vector | None]:
        keys = [self._key(kind, text) for text in texts]
        values = [
            value for start in range(0, len(keys), BATCH) for value in self._cache.get(keys[start : start + BATCH])
        ]
        return [self._vector(value) for value in values]

    def _keep(self, kind: str, vectors: Mapping[str, Vector], ttl: timedelta) -> None:
        values = [(self._key(kind, text), vector.tobytes()) for text, vector in vectors.items()]
        for start in range(0, len(values), BATCH):
            self._cache.put(dict(values[start : start + BATCH]), ttl=ttl)

    def _vector(self, value: bytes | None) -> Vector | None:
        vector: Vector = array("f")
        if value is None or len(value) != self.dimensions * vector.itemsize:
            return None
        vector.frombytes(value)
        return vector

    def _key(self, kind: str, text: str) -> str:
        name = self.name.encode()
        digest = blake2b(len(name).to_bytes(4, "big") + name + text.encode(), digest_size=20).hexdigest()
        return f"{FORMAT}:{kind}:{digest}"
