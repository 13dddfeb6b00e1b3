"""`make bench`: print every figure of docs/performance.md and docs/quality.md. ARGS names single ones."""

import sys
from collections.abc import Callable

from tests.benchmarks import (
    caching,
    covering,
    dashboard,
    demands,
    hostile,
    ingesting,
    ingress,
    opensearch,
    outages,
    package,
    pipeline,
    quality,
    reporting,
    slack_words,
    speed,
    storm,
    zendesk_hooks,
    zendesk_hostile,
    zendesk_readers,
    zendesk_storm,
)
from tests.benchmarks.capacity import checking

BENCHMARKS: dict[str, Callable[[], None]] = {
    "ask": speed.ask,
    "ingest": speed.ingest,
    "memory": speed.memory,
    "dashboard": dashboard.draw,
    "report": reporting.measure,
    "search": speed.search,
    "vectors": speed.vectors,
    "quality": quality.measure,
    "covering": covering.measure,
    "caching": caching.caching,
    "capacity-check": checking.measure,
    "pipeline": pipeline.answer,
    "burst": pipeline.burst,
    "load": pipeline.load,
    "package": package.measure,
    "demands": demands.measure,
    "outages": outages.measure,
    "ingress": ingress.measure,
    "slack-words": slack_words.measure,
    "storm": storm.measure,
    "hostile": hostile.measure,
    "zendesk-hooks": zendesk_hooks.measure,
    "zendesk-storm": zendesk_storm.measure,
    "zendesk-hostile": zendesk_hostile.measure,
    "zendesk-readers": zendesk_readers.measure,
    "ingest-workers": ingesting.measure,
    "opensearch-quality": opensearch.quality,
    "opensearch-search": opensearch.search,
    "opensearch-load": opensearch.load,
}


def main(names: list[str]) -> int:
    if unknown := set(names) - BENCHMARKS.keys():
        print(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    for name in names or BENCHMARKS:
        print(f"\n## {name}", flush=True)
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
