"""What the settings say of OpenSearch reaches it."""

import socket
import time

import httpx
import pytest

from bot import aws
from bot.app import App
from bot.settings import Settings, load
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.contracts.index import fill
from tests.fakes.embedder import HashingEmbedder
from tests.making import SOURCE, document

PARAMETERS = '{"m": 24, "ef_construction": 200}'


def settings(url: str, **given: object) -> Settings:
    stated = {"opensearch_kind": "domain", "opensearch_signed": False, "opensearch_engine": "lucene"}
    return load({}, opensearch_url=url, **stated | given)


def test_a_node_that_hangs_takes_no_question_longer_than_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = App(settings(f"http://127.0.0.1:{silent.getsockname()[1]}", deadline=1))
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="in time"):
            app.answering  # noqa: B018
        assert time.monotonic() - started < 3


def test_the_parameters_are_those_of_the_vector_field(opensearch_url: str, index_prefix: str) -> None:
    stated = settings(opensearch_url, opensearch_parameters=PARAMETERS, opensearch_index=f"{index_prefix}docs")
    with aws.writer(stated, SOURCE) as writing:
        fill(writing, [(document("a"), "words")], HashingEmbedder())
    with httpx.Client(base_url=opensearch_url, timeout=30, trust_env=False) as client:
        (made,) = client.get(f"/{index_prefix}docs/_mapping").json().values()
    method = made["mappings"]["properties"]["vector"]["method"]
    assert (method["engine"], method["parameters"]) == ("lucene", {"m": 24, "ef_construction": 200})


@pytest.mark.parametrize(
    "stated",
    ["m=24", "[24]", '{"M": 24}', '{"m": "24"}', '{"m": 0}', '{"m": true}', '{"m": 2.5}', '{"ef_search": null}'],
)
def test_parameters_that_are_none_are_refused_by_name(stated: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_OPENSEARCH_PARAMETERS is wrong"):
        load({"SUPPORTBOT_OPENSEARCH_PARAMETERS": stated})


def test_an_encoder_has_parameters_of_its_own() -> None:
    stated = '{"encoder": {"name": "sq", "parameters": {"type": "fp16"}}}'
    assert load({"SUPPORTBOT_OPENSEARCH_PARAMETERS": stated}).engine_parameters["encoder"]


def test_parameters_that_no_engine_would_have_are_refused() -> None:
    with pytest.raises(MisconfiguredError, match="set that too"):
        aws.index(settings("http://127.0.0.1", opensearch_parameters=PARAMETERS, opensearch_engine=""))
    with pytest.raises(MisconfiguredError, match="by itself"):
        aws.index(load({}, opensearch_url="https://x", region="eu-west-1", opensearch_parameters=PARAMETERS))
