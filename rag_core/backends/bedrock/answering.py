"""Answers by a Claude model through ConverseStream, with citations.

The passages are `searchResult` blocks, so the model itself says which one each sentence stands on.
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag_core.assembling import Assembler
from rag_core.backends.bedrock.client import Clients, Connection, translated
from rag_core.backends.bedrock.pricing import NO_PRICES, Prices
from rag_core.backends.bedrock.streaming import events
from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Deadline, Draft, Passage, Question, Statement, Usage
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.markup import blocks
from rag_core.ports import OnStatement
from rag_core.prompting import RULES, VERSION, WISHING, asked
from rag_core.resting import Circuit

PATIENCE = Patience(attempts=2)  # a person waits, and there may be a second model
COMPLETE = frozenset({"end_turn", "stop_sequence"})
BROKEN = frozenset({"malformed_model_output", "malformed_tool_use", "tool_use"})  # no tools are given
CUT = frozenset({"max_tokens", "model_context_window_exceeded", "guardrail_intervened", "content_filtered"})
SOON, LATER = 0.02, 0.1  # seconds between two looks at the stream: before anything is shown, and then
ENDING, WORD = re.compile(r"[^\w\s,-]|\n"), re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Converse:
    """How the model is asked. A parameter that is empty is not sent: models refuse those they do not know."""

    model: str  # a model id or an inference profile's
    second_model: str = ""  # asked when the first is throttled, down or refuses
    max_tokens: int = 1_024
    effort: str = ""  # low, medium, high; thinking takes time before the first words
    service_tier: str = ""
    latency: str = ""
    guardrail: str = ""
    guardrail_version: str = "DRAFT"
    cache_rules: bool = True  # a cache point behind the rules, which are longer than the least that is cached
    prices: Prices = field(default=NO_PRICES)


class BedrockAnswerModel:
    """AnswerModel; safe to share between threads."""

    def __init__(
        self,
        converse: Converse,
        connection: Connection,
        patience: Patience = PATIENCE,
        *,
        circuits: Callable[[str], Circuit | None] = lambda _: None,
    ) -> None:
        """`circuits`: of each model, by its name."""
        self._converse, self._clients = converse, Clients("bedrock-runtime", connection)
        models = [model for model in (converse.model, converse.second_model) if model]
        self._models = {model: Dependency(f"the model {model}", patience, circuit=circuits(model)) for model in models}

    @property
    def name(self) -> str:
        how = self._converse
        guardrail = f"{how.guardrail} {how.guardrail_version}" if how.guardrail else "none"
        return f"{' or '.join(self._models)} {how.effort or 'default'} {how.max_tokens} {guardrail} rules {VERSION}"

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        reply = _Reply(passages, on_statement, question.text)
        request = self._request(question, passages)
        *others, last = self._models
        for model in others:
            try:
                return self._ask(model, request, reply, deadline)
            except (UnavailableError, MisconfiguredError):
                continue  # nothing was shown yet: the next model begins anew
        return self._ask(last, request, reply, deadline)

    def _ask(self, model: str, request: Mapping[str, Any], reply: "_Reply", deadline: Deadline) -> Draft:
        def attempt(seconds: float) -> Draft:
            reply.begin(model, self._converse.prices)
            try:
                self._stream(self._clients.within(seconds), model, request, reply, deadline)
            except (UnavailableError, MisconfiguredError):
                reply.finish()
                if not reply.statements:
                    raise
                reply.complete = False  # what was shown stays, and it is said that it is not all
            return reply.draft()

        return self._models[model].call(attempt, timeout=self._clients.longest, deadline=deadline)

    def _stream(self, client: Any, model: str, request: Mapping[str, Any], reply: "_Reply", deadline: Deadline) -> None:
        most = self._clients.read_timeout
        with translated(f"the model {model}"):
            stream = client.converse_stream(modelId=model, **request)["stream"]
            try:
                for kind, payload in events(
                    stream, lambda: min(reply.pause, deadline.remaining), lambda: min(most, deadline.remaining)
                ):
                    reply.take(kind, payload)
                    if not deadline.remaining:
                        raise UnavailableError(f"the model {model} did not finish in the time there was: try again")
            finally:
                stream.close()
        reply.check()

    def _request(self, question: Question, passages: Sequence[Passage]) -> dict[str, Any]:
        how = self._converse
        rules: list[dict[str, Any]] = [{"text": RULES}]
        if how.cache_rules:
            rules.append({"cachePoint": {"type": "default"}})
        if question.instruction:  # behind the cache point: the rules before it are the same for all
            rules.append({"text": WISHING})
        content = [*map(_search_result, passages), {"text": asked(question)}]
        request: dict[str, Any] = {
            "system": rules,
            "messages": [{"role": "user", "content": content}],
            "inferenceConfig": {"maxTokens": how.max_tokens},
            "requestMetadata": {"question": question.id, "channel": question.channel},
        }
        if how.effort:
            request["outputConfig"] = {"effort": how.effort}
        if how.service_tier:
            request["serviceTier"] = {"type": how.service_tier}
        if how.latency:
            request["performanceConfig"] = {"latency": how.latency}
        if how.guardrail:
            request["guardrailConfig"] = {
                "guardrailIdentifier": how.guardrail,
                "guardrailVersion": how.guardrail_version,
                "streamProcessingMode": "sync",  # async would show text and then take it back
            }
        return request


def _search_result(passage: Passage) -> dict[str, Any]:
    """A block for each of the passage's paragraphs: a citation names those it stands on."""
    chunk = passage.chunk
    parts = [block.source for block in blocks(chunk.text) if block.source.strip()] or [chunk.text]
    return {
        "searchResult": {
            "source": chunk.url,
            "title": chunk.heading,
            "content": [{"text": part} for part in parts],
            "citations": {"enabled": True},
        }
    }


class _Reply:
    """One reply as its events come; a new attempt begins it anew, as long as nothing was shown."""

    def __init__(self, passages: Sequence[Passage], on_statement: OnStatement, question: str = "") -> None:
        self._passages, self._on_statement, self._question = passages, on_statement, question
        self.statements: list[Statement] = []
        self.usage: list[Usage] = []
        self.complete = True

    @property
    def pause(self) -> float:
        """Seconds that the stream may be left alone now."""
        return 0.0 if self._stop else LATER if self.statements else SOON

    def begin(self, model: str, prices: Prices) -> None:
        self._assembler, self._model, self._prices, self._stop = (
            Assembler(self._passages, self._question),
            model,
            prices,
            "",
        )
        self._held, self._ending = "", False

    def take(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Blocks by what is in them: a thinking block may come first, and new kinds may come at any time."""
        delta = payload.get("delta", {}) if kind == "contentBlockDelta" else {}
        if "text" in delta:
            self._hold(delta["text"])
            return
        self._take_held()
        if "citation" in delta:
            self._show(self._assembler.cite(*_cited(delta["citation"])))
        elif kind == "contentBlockStop":
            self._show(self._assembler.close())
        elif kind == "messageStop":
            self._stop = payload.get("stopReason", "")
            self.complete = self._stop in COMPLETE
            self._show(self._assembler.end(complete=self.complete))
        elif kind == "metadata":
            self.usage.append(self._prices.usage(self._model, payload.get("usage", {})))

    def _hold(self, text: str) -> None:
        """Words within a sentence are taken together, no later than with what may end it or the word behind that."""
        self._held += text
        ends = ENDING.search(text) is not None
        if ends or self._ending:
            self._take_held()
            self._ending = ends or not WORD.search(text)

    def _take_held(self) -> None:
        if self._held:
            text, self._held = self._held, ""
            self._show(self._assembler.text(text))

    def finish(self) -> None:
        self._take_held()
        self._show(self._assembler.end(complete=False))

    def check(self) -> None:
        """Raises UnavailableError for a reply that did not come to its end, or was no reply."""
        if not self._stop or self._stop in BROKEN or self._stop not in COMPLETE | CUT:
            raise UnavailableError(
                f"the model {self._model} ended its answer badly ({self._stop or 'half of it'}): try again"
            )

    def draft(self) -> Draft:
        return Draft(tuple(self.statements), tuple(self.usage), self.complete, self._assembler.not_covered)

    def _show(self, statements: Any) -> None:
        for statement in statements:
            self.statements.append(statement)
            self._on_statement(statement)


def _cited(citation: Mapping[str, Any]) -> tuple[int, str]:
    """The passage's index, -1 for a citation of something else, and the words cited."""
    location = citation.get("location", {}).get("searchResultLocation", {})
    quote = " ".join(part.get("text", "") for part in citation.get("sourceContent", []))
    return location.get("searchResultIndex", -1), quote
