"""Rerank of bedrock-agent-runtime: one query, up to 1,000 sources.

The score is the likeness of hashed bags of words, 0 where they share none.
"""

import json
from typing import Any

from tests.fakes.bedrock.catalogue import resolve
from tests.fakes.bedrock.reading import likeness
from tests.fakes.bedrock.refusal import invalid, out_of_bounds
from tests.fakes.bedrock.settings import Settings


def rerank(body: dict[str, Any], region: str, settings: Settings) -> bytes:
    query, texts = _checked(body)
    asked = body["rerankingConfiguration"]["bedrockRerankingConfiguration"]
    model = resolve(asked["modelConfiguration"]["modelArn"], region, settings)
    if model.kind != "rerank":
        raise invalid(f"The model {model.id} cannot rerank.")
    wanted = asked.get("numberOfResults", len(texts))
    if wanted > len(texts):
        raise invalid("The number of results must not be larger than the number of sources.")
    scores = [(n, round(max(likeness(query, text), 0.0), 6)) for n, text in enumerate(texts)]
    scores.sort(key=lambda pair: -pair[1])
    return json.dumps({"results": [{"index": n, "relevanceScore": score} for n, score in scores[:wanted]]}).encode()


def _checked(body: dict[str, Any]) -> tuple[str, list[str]]:
    for member, most in (("queries", 1), ("sources", 1000)):
        if not body.get(member):
            raise out_of_bounds(member, "have length greater than or equal to 1")
        if len(body[member]) > most:
            raise out_of_bounds(member, f"have length less than or equal to {most}")
    documents = [source["inlineDocumentSource"] for source in body["sources"]]
    texts = [
        document["textDocument"]["text"] if document["type"] == "TEXT" else json.dumps(document["jsonDocument"])
        for document in documents
    ]
    query = body["queries"][0]["textQuery"]["text"]
    for member, text in (("queries.1", query), *((f"sources.{n}", text) for n, text in enumerate(texts, 1))):
        if not 1 <= len(text) <= 32_000:
            raise out_of_bounds(member, "have length between 1 and 32000")
    return query, texts
