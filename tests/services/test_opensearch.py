import pytest
from opensearchpy import OpenSearch

from tests.services.opensearch import drop


@pytest.fixture
def client(opensearch_url: str) -> OpenSearch:
    return OpenSearch(opensearch_url, timeout=30)


def test_the_node_finds_by_vector_within_a_filter(client: OpenSearch, index_prefix: str) -> None:
    vector = {
        "type": "knn_vector",
        "dimension": 2,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
    }
    index = f"{index_prefix}chunks"
    mappings = {"properties": {"vector": vector, "audience": {"type": "keyword"}}}
    client.indices.create(index=index, body={"settings": {"index.knn": True}, "mappings": mappings})
    for name, audience, place in (("near", "staff", [1, 0]), ("far", "everyone", [0.5, 0.5])):
        client.index(index=index, id=name, body={"vector": place, "audience": audience}, params={"refresh": "true"})
    nearest = {"vector": [1, 0], "k": 2, "filter": {"term": {"audience": "everyone"}}}
    found = client.search(index=index, body={"query": {"knn": {"vector": nearest}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["far"]


def test_a_test_leaves_nothing_behind(client: OpenSearch, opensearch_url: str, index_prefix: str) -> None:
    client.indices.create(index=f"{index_prefix}a")
    client.indices.put_alias(index=f"{index_prefix}a", name=f"{index_prefix}alias")
    drop(opensearch_url, index_prefix)
    assert not client.indices.exists(index=f"{index_prefix}*", params={"allow_no_indices": "false"})
