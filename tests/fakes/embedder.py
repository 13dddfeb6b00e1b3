"""An Embedder without a model: a bag of hashed terms. Texts with the same words are near, others are not."""

import zlib
from array import array
from collections.abc import Sequence

from rag_core.analyzing import terms
from rag_core.domain import NEVER, Deadline, Vector


class HashingEmbedder:
    def __init__(self, dimensions: int = 64, name: str = "hashing") -> None:
        self.name, self.dimensions = name, dimensions
        self.embedded = 0

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        values = [0.0] * self.dimensions
        for term in terms(text) or [text]:
            values[zlib.crc32(term.encode()) % self.dimensions] += 1.0
        length = sum(value * value for value in values) ** 0.5
        return array("f", [value / length for value in values])

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        self.embedded += len(texts)
        return [self.embed_question(text) for text in texts]
