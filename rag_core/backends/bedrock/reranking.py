"""Reranking by a model that reads question and passage together, through bedrock-agent-runtime.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html
"""

from collections.abc import Sequence

from rag_core.backends.bedrock.client import Clients, Connection, translated
from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Deadline, Passage
from rag_core.errors import UnavailableError

LONGEST = 32_000  # characters of a source, and of the question
PATIENCE = Patience(attempts=1)  # without it the answer is only a little worse: nobody waits for a second try


class BedrockReranker:
    """Reranker; safe to share between threads."""

    def __init__(self, model: str, connection: Connection, patience: Patience = PATIENCE) -> None:
        self._what = f"the reranking model {model}"
        self._arn = (
            model if model.startswith("arn:") else f"arn:aws:bedrock:{connection.region}::foundation-model/{model}"
        )
        self._clients, self._dependency = Clients("bedrock-agent-runtime", connection), Dependency(self._what, patience)

    def rank(self, text: str, passages: Sequence[Passage], *, deadline: Deadline = NEVER) -> list[int]:
        if not passages:
            return []
        texts = [passage.chunk.contextual_text[:LONGEST] for passage in passages]
        ranked = self._dependency.call(
            lambda seconds: self._ranked(text[:LONGEST], texts, seconds),
            timeout=self._clients.longest,
            deadline=deadline,
        )
        known = [index for index in dict.fromkeys(ranked) if 0 <= index < len(texts)]
        return known + [index for index in range(len(texts)) if index not in set(known)]

    def _ranked(self, text: str, texts: Sequence[str], seconds: float) -> list[int]:
        with translated(self._what):
            response = self._clients.within(seconds).rerank(
                queries=[{"type": "TEXT", "textQuery": {"text": text}}],
                sources=[
                    {
                        "type": "INLINE",
                        "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": each}},
                    }
                    for each in texts
                ],
                rerankingConfiguration={
                    "type": "BEDROCK_RERANKING_MODEL",
                    "bedrockRerankingConfiguration": {
                        "modelConfiguration": {"modelArn": self._arn},
                        "numberOfResults": len(texts),
                    },
                },
            )
        if "results" not in response:  # boto3 gives half an answer as an empty one
            raise UnavailableError(f"{self._what} sent half an answer: try again")
        return [int(result["index"]) for result in response["results"]]
