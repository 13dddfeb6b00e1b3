"""What a request to OpenSearch Serverless is refused for.

What is not in the table of supported operations is not there:
https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
"""

import json
import re
from collections.abc import Iterator, Mapping

from rag_core.backends.opensearch.target import Kind

NAME = r"/[a-z0-9*][^/_]*[^/]*"
SUPPORTED = [
    ("PUT|DELETE|GET|HEAD", NAME),
    ("GET", rf"{NAME}/_(mappings?|settings)|/_cat/indices|/_resolve/index{NAME}"),
    ("POST", rf"({NAME})?/_bulk|{NAME}/_doc"),
    ("GET|POST", rf"({NAME})?/_(search|msearch)|{NAME}/_count"),
    ("GET", rf"({NAME})?/_alias({NAME})?"),
    ("POST", "/_aliases"),
]
PARAMETERS = {"refresh", "scroll", "routing", "search_type", "wait_for_active_shards"}
IN_A_BODY = {"script", "script_score", "script_fields", "runtime_mappings", "pit", "scroll", "slice"}
SETTINGS = {"number_of_shards", "number_of_replicas", "refresh_interval"}
Refusal = tuple[int, str]


def refused(kind: Kind, method: str, path: str, parameters: Mapping[str, str], body: bytes) -> Refusal | None:
    """The status and the error's type."""
    if not any(re.fullmatch(each, method) and re.fullmatch(what, path) for each, what in SUPPORTED):
        return 404, "not_supported"
    if PARAMETERS & parameters.keys():
        return 400, "illegal_argument_exception"
    lines = [json.loads(line) for line in body.splitlines()]
    if IN_A_BODY & {name for line in lines for name, _ in _members(line)}:
        return 400, "parsing_exception"
    if path.endswith("/_bulk") and _has_ids(lines):
        return 400, "document_id_not_supported"
    return _refused_mapping(kind, lines[0]) if method == "PUT" and lines else None


def _has_ids(lines: list[dict[str, dict[str, object]]]) -> bool:
    """Of NEXTGEN too, which may take them: AWS's documents disagree, so nothing may depend on it."""
    return any("_id" in line.get(verb, {}) for line in lines for verb in ("index", "create"))


def _refused_mapping(kind: Kind, body: object) -> Refusal | None:
    said = dict(_members(body))
    if SETTINGS & said.keys():
        return 400, "settings_exception"
    if said.get("type") == "knn_vector" or "dimension" in said:
        wrong = {"engine", "mode", "method"} & said.keys() if kind is Kind.NEXTGEN else said.get("engine") != "faiss"
        return (400, "mapper_parsing_exception") if wrong else None
    return None


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Every name with its value, at any depth."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, member
            yield from _members(member)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member)
