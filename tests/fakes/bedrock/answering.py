"""What the model says: scripted by a test, or derived from the searchResult blocks of the request.

Both become the content blocks of Converse; ConverseStream brings the same blocks in pieces.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.bedrock.checking import search_results
from tests.fakes.bedrock.reading import best, sentences, tokens
from tests.fakes.bedrock.settings import Delay, Settings

UNKNOWN = "I could not find this in the sources."


@dataclass(frozen=True, slots=True)
class Cited:
    """Text that stands on search results: a `citationsContent` block with one citation for each of `results`.

    `start` and `end` count the blocks of the result's content, `end` excluded. An index that no result has is sent as
    it stands: models do that, rarely.
    """

    text: str
    results: Sequence[int] = (0,)
    start: int = 0
    end: int = 1


@dataclass(frozen=True, slots=True)
class ToolUse:
    name: str
    input: dict[str, Any]


Part = str | Cited | ToolUse


@dataclass(frozen=True, slots=True)
class Answer:
    """A scripted answer: one part or several, each its own content block.

    `thinking` puts a reasoningContent block first. `stop_reason` is end_turn or tool_use unless given. The delays
    replace those of the settings for this answer alone.
    """

    parts: Part | Sequence[Part]
    stop_reason: str | None = None
    thinking: str | None = None
    first_token: Delay | None = None
    between_tokens: Delay | None = None

    def listed(self) -> list[Part]:
        return [self.parts] if isinstance(self.parts, str | Cited | ToolUse) else list(self.parts)


Script = Part | Answer | Callable[[dict[str, Any]], Part | Answer]  # a callable gets the body of the request


def asked(body: dict[str, Any]) -> str:
    """The question: the last text of the last message that a user wrote."""
    for message in reversed(body["messages"]):
        texts = [str(block["text"]) for block in message["content"] if "text" in block]
        if message["role"] == "user" and texts:
            return texts[-1]
    return ""


def derive(body: dict[str, Any], settings: Settings) -> Answer:
    """The sentences of the search results that share words with the question, each with its citation."""
    schema = body.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema", {}).get("schema")
    if schema:
        return Answer(json.dumps(_sample(json.loads(schema))), thinking=_thinking(body, settings))
    results = search_results(body)
    found = [
        (sentence, n, k)
        for n, result in enumerate(results)
        for k, block in enumerate(result["content"])
        for sentence in sentences(block["text"])
    ]
    ranked = best(asked(body), [sentence for sentence, _, _ in found])
    chosen = [found[position] for position, score in ranked[:2] if score >= ranked[0][1] / 2]
    parts: list[Part] = ["According to the sources:\n\n"] if chosen else [UNKNOWN]
    for m, (sentence, n, k) in enumerate(chosen):
        cited = bool(results[n].get("citations", {}).get("enabled"))
        parts += ([" "] if m else []) + [Cited(sentence, (n,), k, k + 1) if cited else sentence]
    return Answer(_lengthened(parts, settings.answer_words), thinking=_thinking(body, settings))


def limited(answer: Answer, body: dict[str, Any]) -> Answer:
    """The answer as far as maxTokens and stopSequences of the request let it go."""
    config = body.get("inferenceConfig", {})
    budget = config.get("maxTokens", 1_000_000) - tokens(answer.thinking or "")
    said: list[Part] = []
    for part in answer.listed():
        text = _text(part)
        stops = [text.index(stop) for stop in config.get("stopSequences", []) if stop in text]
        if stops and tokens(text[: min(stops)]) <= budget:
            return replace(answer, parts=[*said, *_cut(part, min(stops))], stop_reason="stop_sequence")
        if tokens(text) > budget:
            return replace(answer, parts=[*said, *_cut(part, max(budget, 0) * 4)], stop_reason="max_tokens")
        budget -= tokens(text)
        said.append(part)
    return replace(answer, parts=said)


def content(answer: Answer, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer as content blocks of Converse."""
    results = search_results(body)
    blocks: list[dict[str, Any]] = []
    if answer.thinking is not None:
        thought = {"text": answer.thinking, "signature": "RmFrZVNpZ25hdHVyZQ=="}
        blocks.append({"reasoningContent": {"reasoningText": thought}})
    for n, part in enumerate(answer.listed()):
        if isinstance(part, ToolUse):
            blocks.append({"toolUse": {"toolUseId": f"tooluse_fake{n}", "name": part.name, "input": part.input}})
        elif isinstance(part, Cited):
            citations = [_citation(part, index, results) for index in part.results]
            blocks.append({"citationsContent": {"content": [{"text": part.text}], "citations": citations}})
        else:
            blocks.append({"text": part})
    return blocks


def stop_reason(answer: Answer) -> str:
    tool = any(isinstance(part, ToolUse) for part in answer.listed())
    return answer.stop_reason or ("tool_use" if tool else "end_turn")


def spoken(answer: Answer) -> str:
    """All the text of an answer, thinking included."""
    texts = [json.dumps(part.input) if isinstance(part, ToolUse) else _text(part) for part in answer.listed()]
    return "".join([answer.thinking or "", *texts])


def _citation(part: Cited, index: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    location = {"searchResultLocation": {"searchResultIndex": index, "start": part.start, "end": part.end}}
    if index >= len(results):
        return {"location": location}
    result = results[index]
    source = "".join(block["text"] for block in result["content"][part.start : part.end])
    return {
        "title": result["title"],
        "source": result["source"],
        "sourceContent": [{"text": source}],
        "location": location,
    }


def _cut(part: Part, length: int) -> list[Part]:
    kept = _text(part)[:length]
    if not kept:
        return []
    return [replace(part, text=kept)] if isinstance(part, Cited) else [kept]


def _thinking(body: dict[str, Any], settings: Settings) -> str | None:
    kind = (body.get("additionalModelRequestFields") or {}).get("thinking", {}).get("type")
    if settings.thinking is None and kind in ("enabled", "adaptive"):
        return "The sources have to be read first."
    return settings.thinking


def _lengthened(parts: list[Part], words: int) -> list[Part]:
    count = sum(len(_text(part).split()) for part in parts)
    return parts + [" ", *parts] * (-(-words // count) - 1)


def _text(part: Part) -> str:
    return part if isinstance(part, str) else part.text if isinstance(part, Cited) else ""


def _sample(schema: dict[str, Any]) -> Any:
    """The least value that fits a JSON schema."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    if kind == "object":
        return {name: _sample(member) for name, member in schema.get("properties", {}).items()}
    return {"array": [], "number": 0, "integer": 0, "boolean": False, "null": None}.get(kind, "")
