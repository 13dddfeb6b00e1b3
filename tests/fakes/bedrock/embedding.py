"""InvokeModel for `cohere.embed-v4:0` and `amazon.titan-embed-text-v2:0`.

Bodies after AWS's user guide (model-parameters-embed-v4, model-parameters-titan-embed-text). Vectors are written as
JSON by hand: they are nearly all zeros, and 96 of them through json.dumps would cost the fake 100 ms.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from tests.fakes.bedrock.reading import tokens, vector
from tests.fakes.bedrock.refusal import invalid, malformed
from tests.fakes.bedrock.settings import Settings

COHERE_DIMENSIONS = (256, 512, 1024, 1536)
TITAN_DIMENSIONS = (256, 512, 1024)
_COHERE_KEYS = {
    "input_type", "texts", "images", "inputs", "embedding_types", "output_dimension", "max_tokens", "truncate",
}  # fmt: skip
_TITAN_KEYS = {"inputText", "dimensions", "normalize", "embeddingTypes"}


def cohere(body: dict[str, Any], settings: Settings) -> bytes:
    _check_cohere(body)
    texts: list[str] = body["texts"]
    dimensions = body.get("output_dimension", 1536)
    kinds = body.get("embedding_types")
    written = {kind: _array([_COHERE_TYPES[kind](text, dimensions) for text in texts]) for kind in kinds or ["float"]}
    as_list = kinds is None or (settings.single_type_as_list and len(kinds) == 1)
    embeddings = next(iter(written.values())) if as_list else _object(written)
    head = {"id": str(uuid.uuid4()), "response_type": "embeddings_floats" if as_list else "embeddings_by_type"}
    return f'{json.dumps(head)[:-1]}, "embeddings": {embeddings}, "texts": {json.dumps(texts)}}}'.encode()


def titan(body: dict[str, Any]) -> bytes:
    _check_titan(body)
    text, dimensions = body["inputText"], body.get("dimensions", 1024)
    kinds = body.get("embeddingTypes") or ["float"]
    # A bag that is not normalized is the same direction, as long as the text has words.
    scale = 1.0 if body.get("normalize", True) else float(max(tokens(text), 1))
    floats = _dense({slot: value * scale for slot, value in vector(text, dimensions).items()}, dimensions, "0.0")
    written = {kind: floats if kind == "float" else _bits(text, dimensions) for kind in kinds}
    count = tokens(text)
    return f'{{"embedding": {floats}, "inputTextTokenCount": {count}, "embeddingsByType": {_object(written)}}}'.encode()


def _check_cohere(body: dict[str, Any]) -> None:
    complaints = [f"#: extraneous key [{key}] is not permitted" for key in body if key not in _COHERE_KEYS]
    complaints += [f"#: required key [{key}] not found" for key in ("input_type", "texts") if key not in body]
    if complaints:
        raise malformed(*complaints)
    if body["input_type"] not in ("search_document", "search_query", "classification", "clustering"):
        raise malformed(f"#/input_type: {body['input_type']} is not a valid enum value")
    if body.get("output_dimension", 1536) not in COHERE_DIMENSIONS:
        raise malformed(f"#/output_dimension: {body['output_dimension']} is not a valid enum value")
    kinds = body.get("embedding_types", ["float"])
    if not isinstance(kinds, list):
        raise malformed("#/embedding_types: expected type: JSONArray, found: String")
    for n, kind in enumerate(kinds):
        if kind not in _COHERE_TYPES:
            raise malformed(f"#/embedding_types/{n}: {kind} is not a valid enum value")
    _check_texts(body["texts"], cut=body.get("truncate", "NONE") != "NONE", limit=body.get("max_tokens", 128_000))


def _check_texts(texts: Any, *, cut: bool, limit: int) -> None:
    if not isinstance(texts, list):
        raise malformed("#/texts: expected type: JSONArray, found: String")
    if not texts:
        raise malformed("#/texts: expected minimum item count: 1, found: 0")
    if len(texts) > 96:
        raise malformed(f"#/texts: expected maximum item count: 96, found: {len(texts)}")
    for n, text in enumerate(texts):
        if not isinstance(text, str):
            raise malformed(f"#/texts/{n}: expected type: String, found: {type(text).__name__}")
        if not text.strip():
            raise malformed(f"#/texts/{n}: expected minLength: 1, actual: {len(text.strip())}")
        if tokens(text) > limit and not cut:
            raise invalid("Input is too long for requested model.")


def _check_titan(body: dict[str, Any]) -> None:
    complaints = [f"#: extraneous key [{key}] is not permitted" for key in body if key not in _TITAN_KEYS]
    if "inputText" not in body:
        complaints.append("#: required key [inputText] not found")
    if complaints:
        raise malformed(*complaints)
    text = body["inputText"]
    if not isinstance(text, str):
        raise malformed(f"#/inputText: expected type: String, found: {type(text).__name__}")
    if not text.strip():
        raise malformed(f"#/inputText: expected minLength: 1, actual: {len(text.strip())}")
    if len(text) > 50_000:
        raise malformed(f"expected maxLength: 50000, actual: {len(text)}")
    if tokens(text) > 8192:
        count = tokens(text)
        raise invalid(
            f"400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: {count} "
        )
    if body.get("dimensions", 1024) not in TITAN_DIMENSIONS:
        raise malformed(f"#/dimensions: {body['dimensions']} is not a valid enum value")
    for n, kind in enumerate(body.get("embeddingTypes") or []):
        if kind not in ("float", "binary"):
            raise malformed(f"#/embeddingTypes/{n}: {kind} is not a valid enum value")


def _array(written: Sequence[str]) -> str:
    return f"[{', '.join(written)}]"


def _object(written: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in written.items()) + "}"


def _dense(values: dict[int, float] | dict[int, int], dimensions: int, nothing: str) -> str:
    numbers = [nothing] * dimensions
    for slot, value in values.items():
        numbers[slot] = repr(value)
    return _array(numbers)


def _floats(text: str, dimensions: int) -> str:
    return _dense(vector(text, dimensions), dimensions, "0.0")


def _int8(text: str, dimensions: int) -> str:
    return _dense({slot: round(value * 127) for slot, value in vector(text, dimensions).items()}, dimensions, "0")


def _uint8(text: str, dimensions: int) -> str:
    shifted = {slot: round(value * 127) + 128 for slot, value in vector(text, dimensions).items()}
    return _dense(shifted, dimensions, "128")


def _packed(text: str, dimensions: int) -> list[int]:
    """Eight dimensions a byte, highest bit first, 1 where the value is above zero."""
    packed = [0] * (dimensions // 8)
    for slot, value in vector(text, dimensions).items():
        if value > 0:
            packed[slot // 8] |= 128 >> slot % 8
    return packed


def _ubinary(text: str, dimensions: int) -> str:
    return json.dumps(_packed(text, dimensions))


def _binary(text: str, dimensions: int) -> str:
    return json.dumps([byte - 128 for byte in _packed(text, dimensions)])


def _bits(text: str, dimensions: int) -> str:
    """Titan's binary: one number, 0 or 1, for each dimension."""
    return _dense({slot: int(value > 0) for slot, value in vector(text, dimensions).items()}, dimensions, "0")


_COHERE_TYPES: dict[str, Callable[[str, int], str]] = {
    "float": _floats,
    "int8": _int8,
    "uint8": _uint8,
    "binary": _binary,
    "ubinary": _ubinary,
}
