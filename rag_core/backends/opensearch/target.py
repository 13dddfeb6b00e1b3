"""Where the index stands, and what is different there.

What Serverless refuses is decided by `Kind` alone: nothing is tried to see whether it works.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from rag_core.errors import MisconfiguredError

ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class Kind(StrEnum):
    """The targets; only a domain is refreshed on request, the others show what was written when they please."""

    NEXTGEN = "serverless-nextgen"
    CLASSIC = "serverless-classic"
    DOMAIN = "domain"

    @property
    def serverless(self) -> bool:
        return self is not Kind.DOMAIN


class Engine(StrEnum):
    """Of the vector field; None in a target leaves it to the service."""

    LUCENE = "lucene"
    FAISS = "faiss"


class Space(StrEnum):
    """How vectors are compared. Ours have unit length, so all three order alike and tell the cosine.

    The formulas are the same for lucene and faiss: https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces
    """

    INNER_PRODUCT = "innerproduct"  # in every version of every engine; faiss knows the cosine from 2.19 on only
    COSINE = "cosinesimil"
    L2 = "l2"

    def cosine(self, score: float) -> float:
        """Of a hit's score."""
        if self is Space.INNER_PRODUCT:
            return score - 1 if score >= 1 else 1 - 1 / score
        return 2 * score - 1 if self is Space.COSINE else 1 - (1 / score - 1) / 2


@dataclass(frozen=True, slots=True)
class Target:
    """Built from the settings; the same for reading and for writing."""

    endpoint: str  # https://host[:port]
    kind: Kind = Kind.DOMAIN
    alias: str = "supportbot"
    region: str | None = None  # of the signature; None: requests are not signed
    login: tuple[str, str] | None = field(default=None, repr=False)  # of a domain that is not signed to
    engine: Engine | None = None  # None: left to the service
    space: Space = Space.INNER_PRODUCT
    parameters: Mapping[str, object] = field(default_factory=dict)  # of the engine's hnsw, such as m, ef_construction
    authorities: Path | None = None  # PEM; None: those of the system
    # seconds, also where the deadline is later: a collection that slept answers its first request after 10 to 30
    search_timeout: float = 15.0
    patience: float = 25.0  # seconds that a person waits, who may have begun before there is a deadline
    write_timeout: float = 60.0
    visible_within: float = 300.0  # seconds from the last write to the first count that has it

    def __post_init__(self) -> None:
        if not ALIAS.fullmatch(self.alias):
            raise MisconfiguredError(
                f"{self.alias!r} cannot name an index: begin with a small letter or digit, go on with those, - and _"
            )
        if self.kind.serverless and not self.region:
            raise MisconfiguredError(f"requests to {self.kind} are signed: set its region")
        if self.kind is Kind.CLASSIC and self.engine is Engine.LUCENE:
            raise MisconfiguredError("Serverless CLASSIC has no engine but faiss: set that, or none")
        if self.kind is Kind.NEXTGEN and (self.engine or self.parameters):
            raise MisconfiguredError("Serverless NEXTGEN chooses engine and parameters by itself: set none")
        if self.parameters and self._engine is None:
            raise MisconfiguredError("parameters are those of an engine: set that too")

    @property
    def service(self) -> str:
        """As the signature names it."""
        return "aoss" if self.kind.serverless else "es"

    @property
    def _engine(self) -> Engine | None:
        return self.engine or (Engine.FAISS if self.kind is Kind.CLASSIC else None)

    def vector_field(self, dimensions: int) -> dict[str, object]:
        """The mapping. NEXTGEN wants neither engine nor mode; CLASSIC would take nmslib, which is deprecated."""
        engine = self._engine
        found: dict[str, object] = {"type": "knn_vector", "dimension": dimensions}
        if engine is None:
            return found | {"space_type": self.space.value}
        method = {"name": "hnsw", "engine": engine.value, "space_type": self.space.value}
        return found | {"method": method | ({"parameters": dict(self.parameters)} if self.parameters else {})}
