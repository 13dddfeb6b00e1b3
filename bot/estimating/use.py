"""What an installation is asked, and with which models: the part of an estimate that only its owner knows."""

from dataclasses import dataclass

from bot.estimating.tables import Tables
from bot.settings import BEDROCK, EMBEDDING, Settings

MODEL, EMBEDDER = "global.anthropic.claude-haiku-5-5", "cohere.embed-v4:0"  # the template's defaults
NEXTGEN, CLASSIC, DOMAIN = "serverless-nextgen", "serverless-classic", "domain"


@dataclass(frozen=True, slots=True)
class Use:
    """`cached`: the share of questions that are answered from the cache; `pages`: scanned ones, for Textract."""

    questions: int
    cached: float
    passage_tokens: float
    output_tokens: float
    chunks: int
    pages: int = 0
    model: str = MODEL
    embedder: str = EMBEDDER
    reranked: bool = False
    guarded: bool = False
    traced: bool = False
    search: str = NEXTGEN  # or OpenSearch Serverless's first generation, or a domain of theirs

    @property
    def drafted(self) -> float:
        return 1 - self.cached


def of(
    settings: Settings,
    tables: Tables,
    *,
    questions: int,
    cached: float,
    tokens: tuple[float | None, float | None],
    chunks: int,
    pages: int,
) -> Use:
    """`tokens`: of passages and of an answer, where they are not as the table has them."""
    stated = EMBEDDING.fullmatch(settings.embedding_model)
    passages, output = tokens
    return Use(
        questions,
        cached,
        tables.value("passage_tokens") if passages is None else passages,
        tables.value("output_tokens") if output is None else output,
        chunks,
        pages,
        settings.answer_model or MODEL,
        stated["model"] if stated and settings.embedding_model.startswith(BEDROCK) else EMBEDDER,
        bool(settings.rerank_model),
        bool(settings.guardrail),
        settings.tracing,
        settings.opensearch_kind,
    )
