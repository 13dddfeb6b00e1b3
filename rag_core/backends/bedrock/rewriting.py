"""A follow-up as a question that can be searched for alone, by a small model through Converse."""

from rag_core.backends.bedrock.client import Clients, Connection, translated
from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Deadline, Question
from rag_core.errors import UnavailableError
from rag_core.prompting import REWRITING, to_rewrite

LONGEST = 500  # characters: a longer one is no question any more
TOKENS = 200
PATIENCE = Patience(attempts=1)  # there is a rule that needs no model


class BedrockRewriter:
    """Rewriter; safe to share between threads."""

    def __init__(self, model: str, connection: Connection, patience: Patience = PATIENCE) -> None:
        self._model, self._what = model, f"the rewriting model {model}"
        self._clients, self._dependency = Clients("bedrock-runtime", connection), Dependency(self._what, patience)

    @property
    def name(self) -> str:
        return self._model

    def rewrite(self, question: Question, *, deadline: Deadline = NEVER) -> str:
        return self._dependency.call(
            lambda seconds: self._rewritten(question, seconds), timeout=self._clients.longest, deadline=deadline
        )

    def _rewritten(self, question: Question, seconds: float) -> str:
        with translated(self._what):
            response = self._clients.within(seconds).converse(
                modelId=self._model,
                system=[{"text": REWRITING}],
                messages=[{"role": "user", "content": [{"text": to_rewrite(question)}]}],
                inferenceConfig={"maxTokens": TOKENS},
            )
        blocks = response.get("output", {}).get("message", {}).get("content", [])
        text = " ".join(" ".join(block["text"] for block in blocks if "text" in block).split())
        if not text or len(text) > LONGEST:  # boto3 gives half an answer as an empty one
            raise UnavailableError(f"{self._what} sent no question: try again")
        return text
