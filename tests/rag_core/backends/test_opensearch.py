"""The index on a real OpenSearch node keeps the contract, whatever happens between two requests."""

import json
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from rag_core.backends.opensearch.asking import CANDIDATES
from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.node import Node
from rag_core.backends.opensearch.target import Engine, Kind, Space, Target
from rag_core.backends.opensearch.versions import Versions
from rag_core.backends.opensearch.writer import OpenSearchWriter
from rag_core.domain import Audience, Deadline, SourceName, Vector
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from tests.contracts.index import IndexContract, Open, OpenWriter, fill
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.serverless.proxy import Proxy, serving
from tests.making import SOURCE, chunk, document
from tests.services.ports import free_port


@pytest.fixture
def target(opensearch_url: str, index_prefix: str) -> Target:
    return Target(opensearch_url, alias=f"{index_prefix}docs", engine=Engine.LUCENE)


@pytest.fixture
def reader(target: Target) -> Open:
    return lambda: OpenSearchIndex(target)


@pytest.fixture
def writer(target: Target) -> OpenWriter:
    def opened(source: SourceName = SOURCE) -> OpenSearchWriter:
        return OpenSearchWriter(target, source)

    return opened


@pytest.fixture
def node(opensearch_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=opensearch_url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def proxy(opensearch_url: str) -> Iterator[Proxy]:
    with serving(Proxy(opensearch_url)) as between:
        yield between


def indices(node: httpx.Client, target: Target) -> list[str]:
    return [each["name"] for each in node.get(f"/_resolve/index/{target.alias}-*").json()["indices"]]


class Wrong(HashingEmbedder):
    """Makes vectors that are shorter than it says."""

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [vector[:-1] for vector in super().embed_passages(texts)]


class TestOpenSearchIndex(IndexContract):
    def test_a_search_that_goes_on_during_commits_always_finds_one_whole_version(
        self, reader: Open, writer: OpenWriter
    ) -> None:
        pages, embedder = [f"p{n}" for n in range(8)], HashingEmbedder()

        def write(version: str) -> None:
            with writer() as writing:
                fill(writing, [(document(page, version=version), f"words v{version}") for page in pages], embedder)

        write("0")
        reading, vector, searches = reader(), embedder.embed_question("words"), 0
        with ThreadPoolExecutor(2) as pool:
            writes = pool.submit(lambda: deque(map(write, map(str, range(1, 8)))))
            while not writes.done() or not searches:
                found = reading.search("words", vector, audience=Audience.PUBLIC, limit=8).passages
                assert len(found) == len(pages)
                assert len({passage.chunk.text for passage in found}) == 1
                assert len(reading.document(SOURCE, document("p1").id, audience=Audience.PUBLIC)) == 1
                searches += 1
            writes.result()
        assert searches > 5

    def test_a_run_that_changes_nothing_makes_no_new_version(
        self, node: httpx.Client, target: Target, writer: OpenWriter
    ) -> None:
        for _ in range(2):
            with writer() as writing:
                if not writing.versions():
                    writing.replace(document("a"), [chunk("words", document("a"))])
                writing.commit(None)
            (index,) = indices(node, target)
        assert node.get(f"/_alias/{target.alias}").json().keys() == {index}

    def test_sources_and_documents_of_odd_names_are_told_apart(self, reader: Open, writer: OpenWriter) -> None:
        names = [SourceName(name) for name in ("/a/b", "/a", 'q"uo\\te', "ümläut/日本", "*", "a b\tc", "x" * 2_000)]
        for name in names:
            with writer(name) as writing:
                fill(writing, [(document(f"{name}?#/%41", source=name), "words")])
        reading = reader()
        assert dict(reading.sources()) == dict.fromkeys(names, 1)
        for name in names:
            found = reading.search("words", None, audience=Audience.PUBLIC, limit=9, sources=[name]).passages
            assert [passage.chunk.document.source for passage in found] == [name]
            assert reading.document(name, found[0].chunk.document.id, audience=Audience.PUBLIC)

    def test_a_question_of_a_thousand_different_words_is_answered(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "unmistakeable words"), (document("b"), "other")])
        text = " ".join(f"w{n}" for n in range(1_000)) + " unmistakeable"
        assert self.found(reader(), text) == ["a"]

    def test_a_long_document_is_read_in_pages(self, reader: Open, writer: OpenWriter) -> None:
        page = document("long")
        with writer() as writing:
            writing.replace(page, [chunk(f"part {n}", page, ordinal=n) for n in range(1_234)])
            assert writing.commit(None) == 1_234
        found = reader().document(SOURCE, page.id, audience=Audience.PUBLIC)
        assert [each.ordinal for each in found] == list(range(1_234))

    def test_an_index_of_another_format_is_named_and_made_again(
        self, node: httpx.Client, target: Target, reader: Open, writer: OpenWriter
    ) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "extra words")], embedder)
        older = {"query": {"term": {"kind": "state"}}, "script": {"source": "ctx._source.format = 0"}}
        node.post(f"/{target.alias}/_update_by_query", params={"refresh": "true"}, json=older).raise_for_status()
        with pytest.raises(MisconfiguredError, match="another version"):
            self.found(reader(), "words")
        with writer() as writing:
            assert writing.commit(embedder) == 2
        vector = embedder.embed_question("extra words")
        best = reader().search("extra", vector, audience=Audience.PUBLIC, limit=2).passages[0]
        assert (best.chunk.document.id, best.bm25 is not None) == ("b", True)
        assert best.cosine is not None
        assert embedder.embedded == 2

    def test_a_lexical_run_takes_the_vectors_out(self, node: httpx.Client, target: Target, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")], HashingEmbedder())
        with writer() as writing:
            writing.commit(None)
            assert writing.embedding_model is None
        sources = [hit["_source"] for hit in node.get(f"/{target.alias}/_search").json()["hits"]["hits"]]
        assert [each["kind"] for each in sources if "vector" in each] == []

    def test_vectors_of_the_wrong_length_change_nothing(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")], HashingEmbedder())
        with writer() as writing, pytest.raises(RejectedError, match="mapper_parsing"):
            fill(writing, [(document("b"), "words")], Wrong())
        assert self.found(reader(), "words") == ["a"]

    def test_an_alias_of_something_else_is_left_alone(
        self, node: httpx.Client, target: Target, reader: Open, writer: OpenWriter
    ) -> None:
        node.put(f"/{target.alias}-theirs", json={"aliases": {target.alias: {}}}).raise_for_status()
        with pytest.raises(MisconfiguredError, match="another version"):
            self.found(reader(), "words")
        with pytest.raises(MisconfiguredError, match="something else"):
            writer().__enter__()
        assert indices(node, target) == [f"{target.alias}-theirs"]

    def test_what_a_dead_run_left_is_deleted_once_it_is_old(
        self, node: httpx.Client, target: Target, writer: OpenWriter
    ) -> None:
        young, old = Versions(Node(target), target.alias, 9).new(), f"{target.alias}-20200101000000-0badcafe"
        theirs = f"{target.alias}-2-20200101000000-0badcafe"  # of an alias whose name begins alike
        for name in (young, old, theirs):
            node.put(f"/{name}").raise_for_status()
        with writer() as writing:
            fill(writing, [(document("a"), "words")])
        assert {young, theirs} < set(indices(node, target))
        assert old not in indices(node, target)


class TestRequests:
    """What passes between the bot and the node."""

    @pytest.fixture
    def target(self, proxy: Proxy, index_prefix: str) -> Target:
        return Target(proxy.url, alias=f"{index_prefix}docs", engine=Engine.LUCENE, write_timeout=5)

    def test_a_search_is_one_request_and_brings_no_vector(self, proxy: Proxy, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document(f"p{n}"), f"words {n}") for n in range(9)], embedder)
        reading, before = reader(), len(proxy.asked)
        reading.search("words", embedder.embed_question("words"), audience=Audience.PUBLIC, limit=9)
        (asked,) = proxy.asked[before:]
        assert asked.path == "/_msearch"
        legs = [json.loads(line) for line in asked.body.splitlines()][3::2]
        assert [leg["size"] for leg in legs] == [CANDIDATES, 9, CANDIDATES]
        assert legs[1]["query"]["knn"]["vector"]["k"] == CANDIDATES
        assert all("vector" in leg["_source"]["excludes"] for leg in legs[:2])
        assert (legs[2]["_source"], legs[2]["stored_fields"]) == (False, "_none_")

    def test_how_near_the_best_by_words_are_is_told(self, reader: Open, writer: OpenWriter) -> None:
        """Also of one that is not among the nearest."""
        embedder, far = HashingEmbedder(), document("far")
        with writer() as writing:
            fill(writing, [(document(f"p{n}"), "near near near") for n in range(CANDIDATES)], embedder)
        with writer() as writing:
            fill(writing, [(far, "rare words of another kind")], embedder)
        found = reader().search("rare", embedder.embed_question("near"), audience=Audience.PUBLIC, limit=999).passages
        (passage,) = (each for each in found if each.chunk.document.id == far.id)
        own, asked = (embedder.embed_question(text) for text in (passage.chunk.contextual_text, "near"))
        assert passage.cosine == pytest.approx(sum(a * b for a, b in zip(own, asked, strict=True)), abs=1e-5)

    def test_only_what_a_reader_may_see_and_asks_for_is_looked_through(
        self, proxy: Proxy, reader: Open, writer: OpenWriter
    ) -> None:
        """In every leg: a filter after the search would leave too few."""
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words")], embedder)
        reading, vector = reader(), embedder.embed_question("words")
        for audience in Audience:
            for sources in (None, [SOURCE], [SOURCE, SourceName("/other")]):
                before = len(proxy.asked)
                reading.search("words", vector, audience=audience, limit=9, sources=sources)
                legs = [json.loads(line)["query"] for line in proxy.asked[before].body.splitlines()[3::2]]
                expected = [audience.may_read, *([] if sources is None else [set(sources)])]
                for leg in legs:
                    within = leg["knn"]["vector"]["filter"] if "knn" in leg else leg
                    assert [_admitted(each) for each in within["bool"]["filter"]] == expected

    def test_a_version_that_answers_is_never_written_to(self, proxy: Proxy, writer: OpenWriter) -> None:
        for version in "12":
            with writer() as writing:
                fill(writing, [(document("a", version=version), f"words {version}")], HashingEmbedder())
        answering = ""
        for asked in proxy.asked:
            if asked.path == "/_aliases":
                answering = json.loads(asked.body)["actions"][-1]["add"]["index"]
            assert not (asked.path == f"/{answering}/_bulk" and answering)

    def test_entries_that_are_turned_away_are_sent_again_alone(
        self, proxy: Proxy, reader: Open, writer: OpenWriter
    ) -> None:
        proxy.faults.turn_away = 5
        with writer() as writing:
            fill(writing, [(document(f"p{n}"), f"words {n}") for n in range(9)])
        sent = [asked.body.count(b"\n") // 2 for asked in proxy.asked if asked.path.endswith("/_bulk")]
        assert sent == [19, 5]
        assert len(reader().search("words", None, audience=Audience.PUBLIC, limit=50).passages) == 9

    @pytest.mark.parametrize("fault", ["break_before", "break_after"])
    def test_a_run_killed_between_any_two_requests_leaves_one_whole_version(
        self, proxy: Proxy, reader: Open, writer: OpenWriter, fault: str
    ) -> None:
        embedder, others = HashingEmbedder(), [(document(f"p{n}"), "words old") for n in range(3)]
        with writer() as writing:
            fill(writing, [*others, (document("a"), "words 0")], embedder)

        def run(text: str) -> int:
            first = len(proxy.asked)
            with writer() as writing:
                fill(writing, [(document("a", version=text), text)], embedder)
            return len(proxy.asked) - first

        def found() -> list[str]:
            passages = reader().search("words", embedder.embed_question("words"), audience=Audience.PUBLIC, limit=9)
            return sorted(passage.chunk.text for passage in passages.passages)

        for number in range(run("words 1")):
            before = found()
            setattr(proxy.faults, fault, len(proxy.asked) + number)
            survived = _survives(lambda number=number: run(f"words cut {number}"))  # type: ignore[misc]
            setattr(proxy.faults, fault, None)
            assert found() in (before, [f"words cut {number}", *["words old"] * 3])
            assert not survived or found() != before
            run(f"words {number}")
            assert found() == [f"words {number}", *["words old"] * 3]

    def test_two_first_runs_at_once_are_not_both_seen(self, node: httpx.Client, target: Target) -> None:
        versions = Versions(Node(target), target.alias, 9)
        first, second = versions.new(), versions.new()
        for name in (first, second):
            node.put(f"/{name}").raise_for_status()
        versions.swap(None, first)
        with pytest.raises(UnavailableError, match="another ingestion"):
            versions.swap(None, second)
        assert versions.current() == first
        with pytest.raises(UnavailableError, match="another ingestion"):
            versions.swap(second, first)

    @pytest.mark.parametrize(
        ("status", "error", "says"),
        [
            (500, UnavailableError, "try again"),
            (503, UnavailableError, "overloaded"),
            (429, UnavailableError, "overloaded"),
            (403, MisconfiguredError, "access policy of the domain"),
            (401, MisconfiguredError, "credentials"),
            (404, MisconfiguredError, "ingest"),
            (413, RejectedError, "split"),
            (400, MisconfiguredError, "check that the target is a domain"),
        ],
    )
    def test_a_refusal_says_what_to_do(
        self, proxy: Proxy, reader: Open, status: int, error: type[SupportBotError], says: str
    ) -> None:
        proxy.faults.status = status
        with pytest.raises(error, match=says):
            reader().search("words", None, audience=Audience.PUBLIC, limit=1)

    @pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"responses":[{"timed_out":true}]}', b"\xff\xfe", b""])
    def test_an_answer_that_is_none_is_no_answer(self, proxy: Proxy, reader: Open, body: bytes) -> None:
        proxy.faults.body = body
        with pytest.raises(UnavailableError, match="try again"):
            reader().search("words", None, audience=Audience.PUBLIC, limit=1)

    def test_a_slow_node_is_given_up_at_the_deadline(self, proxy: Proxy, reader: Open) -> None:
        proxy.faults.latency = 1.5
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="in time"):
            reader().search("words", None, audience=Audience.PUBLIC, limit=1, deadline=Deadline.within(0.3))
        assert time.monotonic() - started < 1.2
        with pytest.raises(UnavailableError, match="in the time there was"):
            reader().search("words", None, audience=Audience.PUBLIC, limit=1, deadline=Deadline.within(-1))


def _admitted(query: dict[str, dict[str, str | list[str]]]) -> set[str]:
    """The values that a filter lets through."""
    ((kind, what),) = query.items()
    ((_, values),) = what.items()
    return {str(values)} if kind == "term" else set(values)


def _survives(run: Callable[[], object]) -> bool:
    try:
        run()
    except UnavailableError:
        return False
    return True


def test_no_grpc_is_loaded() -> None:
    """opensearch-py brings 19 MB of it along, which a package may leave out."""
    said = (
        "import sys; sys.modules.update(dict.fromkeys(['grpc', 'opensearch', 'google.protobuf']));"
        "import rag_core.backends.opensearch.index, rag_core.backends.opensearch.writer;"
        "from rag_core.backends.opensearch.target import Target;"
        "rag_core.backends.opensearch.index.OpenSearchIndex(Target('http://127.0.0.1'))"
    )
    subprocess.run([sys.executable, "-c", said], check=True, timeout=60)


def test_a_node_that_is_down_is_named_at_once() -> None:
    target = Target(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        OpenSearchIndex(target).search("words", None, audience=Audience.PUBLIC, limit=1)
    with pytest.raises(UnavailableError, match="cannot be reached"):
        OpenSearchWriter(target, SOURCE)


def test_a_node_that_hangs_is_given_up_in_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target(f"http://127.0.0.1:{silent.getsockname()[1]}", search_timeout=0.3)
        with pytest.raises(UnavailableError, match="in time"):
            OpenSearchIndex(target).sources()


@pytest.mark.parametrize("space", Space)
def test_the_score_tells_the_cosine(opensearch_url: str, index_prefix: str, space: Space) -> None:
    target = Target(opensearch_url, alias=f"{index_prefix}docs", engine=Engine.LUCENE, space=space)
    embedder = HashingEmbedder()
    with OpenSearchWriter(target, SOURCE) as writing:
        fill(writing, [(document(f"p{n}"), text) for n, text in enumerate(("one two", "two three", "four"))], embedder)
    asked = embedder.embed_question("one two three")
    opposite = asked.__class__("f", [-value for value in asked])
    for vector in (asked, opposite):
        elsewhere = replace(target, space=Space.L2)  # the index knows its own
        for passage in OpenSearchIndex(elsewhere).search("", vector, audience=Audience.PUBLIC, limit=9).passages:
            own = embedder.embed_question(passage.chunk.contextual_text)
            assert passage.cosine == pytest.approx(sum(a * b for a, b in zip(vector, own, strict=True)), abs=1e-5)


def test_a_target_is_checked_when_it_is_made() -> None:
    for alias in ("", "Docs", "_docs", "a/b", "a,b", "a*"):
        with pytest.raises(MisconfiguredError, match="cannot name an index"):
            Target("http://127.0.0.1", alias=alias)
    assert "secret" not in repr(Target("http://127.0.0.1", login=("admin", "secret")))


def test_the_engine_is_left_to_the_service_or_named() -> None:
    nextgen = Target("https://x", Kind.NEXTGEN, region="eu-west-1").vector_field(3)
    assert nextgen == {"type": "knn_vector", "dimension": 3, "space_type": "innerproduct"}
    classic = Target("https://x", Kind.CLASSIC, region="eu-west-1", parameters={"m": 24}).vector_field(3)
    assert classic["method"] == {
        "name": "hnsw",
        "engine": "faiss",
        "space_type": "innerproduct",
        "parameters": {"m": 24},
    }
