"""Converse and ConverseStream: the same answer, whole or as a stream."""

import json
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from tests.fakes.bedrock import answering, checking, frames, guarding, streaming
from tests.fakes.bedrock.answering import Answer, Script
from tests.fakes.bedrock.caching import PromptCache
from tests.fakes.bedrock.catalogue import Model
from tests.fakes.bedrock.reading import tokens
from tests.fakes.bedrock.settings import Delay, Settings, seconds


@dataclass(slots=True)
class Scripts:
    """Answers that wait for their call. Those for a word come before those for any question."""

    _waiting: list[tuple[str | None, deque[Script], bool]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answers: tuple[Script, ...], when: str | None, repeat: bool) -> None:
        with self._lock:
            self._waiting.append((when, deque(answers), repeat))
            self._waiting.sort(key=lambda entry: entry[0] is None)

    def take(self, question: str) -> Script | None:
        with self._lock:
            for when, answers, repeat in self._waiting:
                if answers and (when is None or when.lower() in question.lower()):
                    if repeat:
                        answers.rotate(-1)
                        return answers[-1]
                    return answers.popleft()
        return None


@dataclass(frozen=True, slots=True)
class Chat:
    """An answer that is ready to be said."""

    blocks: list[dict[str, Any]]
    stop_reason: str
    usage: dict[str, Any]
    first_token: Delay
    between_tokens: Delay
    extra: dict[str, Any]
    settings: Settings

    def groups(self) -> list[streaming.Group]:
        return streaming.groups(self.blocks, self.stop_reason, self.settings)

    def metadata(self, latency: int) -> bytes:
        return frames.event("metadata", {"usage": self.usage, "metrics": {"latencyMs": latency}, **self.extra})

    def whole_delay(self) -> float:
        output: int = self.usage["outputTokens"]
        return seconds(self.first_token) + seconds(self.between_tokens) * output

    def whole(self, latency: int) -> bytes:
        message = {"role": "assistant", "content": self.blocks}
        return json.dumps(
            {
                "output": {"message": message},
                "stopReason": self.stop_reason,
                "usage": self.usage,
                "metrics": {"latencyMs": latency},
                **self.extra,
            }
        ).encode()


def converse(body: dict[str, Any], model: Model, settings: Settings, scripts: Scripts, cache: PromptCache) -> Chat:
    """Refusal, or what the model says to this; a script that was taken is used up."""
    checking.check(body, model, settings)
    answer = _guarded(_answer(body, settings, scripts), body, settings)
    extra: dict[str, Any] = {name: body[name] for name in ("performanceConfig", "serviceTier") if name in body}
    return Chat(
        blocks=answering.content(answer, body),
        stop_reason=answering.stop_reason(answer),
        usage=cache.read(body, model).usage(tokens(answering.spoken(answer))),
        first_token=settings.first_token if answer.first_token is None else answer.first_token,
        between_tokens=settings.between_tokens if answer.between_tokens is None else answer.between_tokens,
        extra=extra,
        settings=settings,
    )


def _answer(body: dict[str, Any], settings: Settings, scripts: Scripts) -> Answer:
    script = scripts.take(answering.asked(body))
    if callable(script):
        script = script(body)
    if script is None:
        script = answering.derive(body, settings)
    return answering.limited(script if isinstance(script, Answer) else Answer(script), body)


def _guarded(answer: Answer, body: dict[str, Any], settings: Settings) -> Answer:
    said = answering.asked(body) + answering.spoken(answer)
    if "guardrailConfig" in body and guarding.found(said, settings):
        return replace(answer, parts=guarding.BLOCKED, stop_reason="guardrail_intervened", thinking=None)
    return answer
