"""100,000 random documents x audiences x tickets: what a note cites is within what its reader may read."""

from tests.benchmarks.speed import folder
from tests.integrations.zendesk.readers import Readers

TRIPLES = 100_000


def measure(triples: int = TRIPLES) -> None:
    """Whatever is cited and not for its reader is a bug."""
    with folder() as home:
        seen = Readers(home, seed=0).run(triples)
    print(
        f"{triples:,} documents x audiences x tickets: {seen.asked:,} tickets, {seen.answered:,} answered, "
        f"{seen.cited:,} pages cited for a customer, {seen.beside:,} named for the agent alone"
    )
    print(f"{len(seen.wrong)} that their reader may not read")
