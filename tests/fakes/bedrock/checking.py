"""What Converse refuses before a model has read a word, and what the models themselves refuse.

boto3 checks required members and types on its own side; here is what gets past it. Messages are those of the service
where they are known.
"""

from typing import Any

from tests.fakes.bedrock.caching import said
from tests.fakes.bedrock.catalogue import Model
from tests.fakes.bedrock.reading import tokens
from tests.fakes.bedrock.refusal import invalid, model_says, out_of_bounds
from tests.fakes.bedrock.settings import Settings


def check(body: dict[str, Any], model: Model, settings: Settings) -> None:
    if model.kind != "chat":
        raise invalid(
            "This action doesn't support the model that you provided. Try again with a supported text or chat model."
        )
    _check_messages(body.get("messages") or [], model)
    _check_search_results(body)
    _check_cache_points(body)
    _check_sampling(body, model)
    _check_tools(body, model)
    if tokens(said([body.get("system", []), body["messages"]])) > settings.context_window:
        raise model_says("Input is too long for requested model.")


def search_results(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every searchResult block of a request, in the order their index in a citation counts."""
    return [block for _, block in _placed_results(body)]


def _placed_results(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for m, message in enumerate(body["messages"]):
        for n, block in enumerate(message["content"]):
            place = f"messages.{m}.content.{n}"
            if "searchResult" in block:
                found.append((place, block["searchResult"]))
            for k, inner in enumerate(block.get("toolResult", {}).get("content", [])):
                if "searchResult" in inner:
                    found.append((f"{place}.toolResult.content.{k}", inner["searchResult"]))
    return found


def _check_messages(messages: list[dict[str, Any]], model: Model) -> None:
    if not messages or messages[0]["role"] != "user":
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    for m, message in enumerate(messages):
        if not message["content"]:
            raise invalid(
                f"The content field in the Message object at messages.{m} is empty. Add a ContentBlock object to the "
                "content field and try again."
            )
        for n, block in enumerate(message["content"]):
            if len(block) != 1:
                raise invalid(f"The ContentBlock object at messages.{m}.content.{n} must set one of its members.")
            if "text" in block and not block["text"].strip():
                raise invalid(
                    f"The text field in the ContentBlock object at messages.{m}.content.{n} is blank. Add text to the "
                    "text field, and try again."
                )
            if "searchResult" in block and message["role"] != "user":
                raise model_says(f"messages.{m}.content.{n}: search_result blocks are only allowed in user messages.")
    if messages[-1]["role"] == "assistant" and not model.prefill:
        raise model_says(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_search_results(body: dict[str, Any]) -> None:
    results = _placed_results(body)
    for place, result in results:
        for member in ("source", "title"):
            if not isinstance(result.get(member), str) or not result[member].strip():
                raise model_says(f"{place}.search_result.{member}: String should have at least 1 character")
        content = result.get("content")
        if not isinstance(content, list) or not content:
            raise model_says(f"{place}.search_result.content: List should have at least 1 item after validation, not 0")
        for n, part in enumerate(content):
            if not isinstance(part, dict) or not str(part.get("text", "")).strip():
                raise model_says(f"{place}.search_result.content.{n}.text: text content blocks must be non-empty")
    cited = [bool(result.get("citations", {}).get("enabled")) for _, result in results]
    if any(cited) and not all(cited):
        raise model_says("citations must be enabled for all search results and documents, or for none of them.")
    if any(cited) and body.get("outputConfig", {}).get("textFormat"):
        raise model_says("output_format: citations cannot be used together with structured outputs.")


def _check_cache_points(body: dict[str, Any]) -> None:
    blocks = [*body.get("toolConfig", {}).get("tools", []), *body.get("system", [])]
    blocks += [block for message in body["messages"] for block in message["content"]]
    points = sum("cachePoint" in block for block in blocks)
    if points > 4:
        raise model_says(f"A maximum of 4 blocks with cache_control may be provided. Found {points}.")


def _check_sampling(body: dict[str, Any], model: Model) -> None:
    config, extra = body.get("inferenceConfig", {}), body.get("additionalModelRequestFields") or {}
    if config.get("maxTokens", 1) < 1:
        raise out_of_bounds("inferenceConfig.maxTokens", "have value greater than or equal to 1")
    for member in ("temperature", "topP"):
        if not 0 <= config.get(member, 0) <= 1:
            raise out_of_bounds(f"inferenceConfig.{member}", "have value between 0 and 1")
    given = {
        "temperature": "temperature" in config or "temperature" in extra,
        "top_p": "topP" in config or "top_p" in extra,
        "top_k": "top_k" in extra,
    }
    if not model.sampling:
        for name, present in given.items():
            if present:
                raise model_says(f"`{name}` is deprecated for this model.")
    elif given["temperature"] and given["top_p"]:
        raise model_says("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def _check_tools(body: dict[str, Any], model: Model) -> None:
    choice = body.get("toolConfig", {}).get("toolChoice", {})
    if not model.forced_tool and ("any" in choice or "tool" in choice):
        raise model_says("tool_choice: forced tool use is not supported for this model.")
