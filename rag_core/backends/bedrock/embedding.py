"""Embeddings by Cohere Embed v4 and Titan Text v2, through InvokeModel.

The quota counts requests, so Cohere is sent as many texts at once as it takes; Titan takes one, so several requests are
under way. https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
"""

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec

from rag_core.backends.bedrock.client import Clients, Connection, translated
from rag_core.backends.bedrock.pricing import PROFILES
from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Deadline, Vector
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.resting import Circuit

UNIT = 1e-6  # by which a length may differ from 1
MOST_TEXTS = 96  # of Cohere, in one request
MOST_CHARACTERS = 300_000  # in one request: below the 128,000 tokens that one may have
QUESTION, PASSAGE = "search_query", "search_document"
WAITING = Patience(attempts=3)  # a person waits for a question's vector
WORKING = Patience(  # an ingestion has time: it waits out a throttled quota
    attempts=12,
    first_wait=0.2,
    longest_wait=20.0,
    most_asked=60.0,
    retry_share=1.0,
    spare_retries=50.0,
    failures=60,
    rest=2.0,
)


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which vectors are made."""

    model: str = "cohere.embed-v4:0"
    dimensions: int = 1_024
    precision: str = "float"  # or int8, of Cohere: a quarter of the bytes on the way
    at_once: int = 12  # requests under way


class BedrockEmbedder:
    """Embedder; safe to share between threads."""

    def __init__(
        self,
        embedding: Embedding,
        connection: Connection,
        waiting: Patience = WAITING,
        working: Patience = WORKING,
        *,
        circuit: Circuit | None = None,
    ) -> None:
        """`circuit`: of questions; an ingestion waits."""
        self._how, self._clients = embedding, Clients("bedrock-runtime", connection)
        self._family = _family(embedding)
        what = f"the embedding model {embedding.model}"
        self._for_questions = Dependency(what, waiting, circuit=circuit)
        self._for_passages = Dependency(what, working)
        self._pool = ThreadPoolExecutor(embedding.at_once, thread_name_prefix="embedding")

    @property
    def name(self) -> str:
        return f"bedrock:{self._how.model} {self._how.dimensions} {self._how.precision}"

    @property
    def dimensions(self) -> int:
        return self._how.dimensions

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        (vector,) = self._for_questions.call(
            lambda seconds: self._embed([text], QUESTION, seconds),
            timeout=self._clients.longest,
            deadline=deadline,
        )
        return vector

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        found = self._pool.map(self._embed_batch, batches(texts, self._family.most_texts))
        return [vector for vectors in found for vector in vectors]

    def _embed_batch(self, texts: Sequence[str]) -> list[Vector]:
        longest = self._clients.longest
        return self._for_passages.call(lambda seconds: self._embed(texts, PASSAGE, seconds), timeout=longest)

    def _embed(self, texts: Sequence[str], purpose: str, seconds: float) -> list[Vector]:
        body = self._family.body([text if text.strip() else "-" for text in texts], purpose)
        with translated(f"the embedding model {self._how.model}"):
            response = self._clients.within(seconds).invoke_model(
                modelId=self._how.model, body=msgspec.json.encode(body), contentType="application/json"
            )
            payload = response["body"].read()
        try:
            vectors = [_unit(values) for values in self._family.vectors(msgspec.json.decode(payload))]
        except (ValueError, KeyError, TypeError) as error:
            raise UnavailableError(f"the embedding model {self._how.model} sent no vectors: try again") from error
        if len(vectors) != len(texts) or any(len(vector) != self.dimensions for vector in vectors):
            raise UnavailableError(f"the embedding model {self._how.model} did not send a vector a text: try again")
        return vectors


def batches(texts: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """In order, each of at most `most` texts and MOST_CHARACTERS, but for a longer one alone."""
    start, size = 0, 0
    for place, text in enumerate(texts):
        if place > start and (place - start == most or size + len(text) > MOST_CHARACTERS):
            yield texts[start:place]
            start, size = place, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


class _Cohere:
    most_texts = MOST_TEXTS
    dimensions = (256, 512, 1_024, 1_536)
    precisions = ("float", "int8")

    def __init__(self, how: Embedding) -> None:
        self._how = how

    def body(self, texts: Sequence[str], purpose: str) -> dict[str, Any]:
        how = self._how
        return {
            "texts": texts,
            "input_type": purpose,
            "output_dimension": how.dimensions,
            "embedding_types": [how.precision],
            "truncate": "RIGHT",
        }

    def vectors(self, response: Mapping[str, Any]) -> Sequence[Sequence[float]]:
        found: Any = response["embeddings"]
        # AWS documents a map by type for several types and a list for one: both are seen
        vectors: Sequence[Sequence[float]] = found[self._how.precision] if isinstance(found, dict) else found
        return vectors


class _Titan:
    most_texts = 1
    dimensions = (256, 512, 1_024)
    precisions = ("float",)

    def __init__(self, how: Embedding) -> None:
        self._how = how

    def body(self, texts: Sequence[str], _purpose: str) -> dict[str, Any]:
        (text,) = texts
        return {"inputText": text, "dimensions": self._how.dimensions, "normalize": True}

    def vectors(self, response: Mapping[str, Any]) -> Sequence[Sequence[float]]:
        return [response["embedding"]]


FAMILIES: dict[str, type[_Cohere | _Titan]] = {"cohere.embed-v4": _Cohere, "amazon.titan-embed-text-v2": _Titan}


def _family(how: Embedding) -> _Cohere | _Titan:
    profile = next((each for each in PROFILES if how.model.startswith(each)), "")
    bare = how.model.removeprefix(profile)
    made = next((family for start, family in FAMILIES.items() if bare.startswith(start)), None)
    if made is None:
        raise MisconfiguredError(f"the embedding model {how.model} is none of {', '.join(FAMILIES)}: choose one")
    if how.dimensions not in made.dimensions or how.precision not in made.precisions:
        sizes, kinds = ", ".join(map(str, made.dimensions)), ", ".join(made.precisions)
        raise MisconfiguredError(f"{how.model} makes vectors of {sizes} dimensions as {kinds}: choose of these")
    return made(how)


def _unit(values: Sequence[float]) -> Vector:
    length = math.hypot(*values) or 1.0
    whole = abs(length - 1) < UNIT  # as both models send them
    return array("f", values if whole else [value / length for value in values])
