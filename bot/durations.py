"""How long answers took, for people: percentiles, stages and hits of the cache by names that they understand."""

from rag_core.tallies import FIRST, TOTAL, Durations

STAGES = {
    "cache": "looking into the cache",
    "rewrite": "understanding a follow-up",
    "embed": "embedding the question",
    "retrieve": "searching",
    "judge": "judging what was found",
    "rerank": "ranking again",
    "draft": "writing",
}
CACHED = {"exact": "in the same words", "meaning": "in other words", "shared": "at the same time"}
TIMES = {FIRST: "First words", TOTAL: "Whole answer"}
PORTIONS = {50: "half", 90: "9 of 10", 99: "99 of 100"}
LEAST = 0.005  # of the whole time: a stage that took less is not named


def seconds(ms: float) -> str:
    """Two digits that count: more are not known."""
    return f"{float(f'{ms / 1000:.2g}'):g} s" if ms >= 995 else f"{float(f'{ms:.2g}'):g} ms"


def told(durations: Durations) -> list[str]:
    """Lines; none where nothing was timed."""
    lines = []
    for what, name in TIMES.items():
        if found := durations.percentiles(what):
            times = ", ".join(f"{seconds(ms)} ({PORTIONS[percent]})" for percent, ms in found.items())
            lines.append(f"{name} within {times}")
    if shares := stages(durations):
        lines.append("Of that time: " + ", ".join(f"{name} {share:.0%}" for name, share in shares))
    if hits := cached(durations):
        lines.append("From the cache, asked before " + ", ".join(f"{name}: {count}" for name, count in hits))
    return lines


def stages(durations: Durations) -> list[tuple[str, float]]:
    """The longest first, each with its share of the whole."""
    return [(STAGES.get(name, name), share) for name, share in durations.shares.items() if share >= LEAST]


def cached(durations: Durations) -> list[tuple[str, int]]:
    return [(name, durations.cached[how]) for how, name in CACHED.items() if how in durations.cached]


def shown(durations: Durations) -> dict[str, object]:
    """As JSON; percentiles are null where nothing was timed."""
    return {
        **{f"{what}_ms": _named(durations.percentiles(what)) for what in TIMES},
        "stage_shares": {name: round(share, 4) for name, share in durations.shares.items()},
        "from_cache": durations.cached,
    }


def _named(found: dict[int, float] | None) -> dict[str, float] | None:
    return {f"p{percent}": round(ms, 1) for percent, ms in found.items()} if found else None
