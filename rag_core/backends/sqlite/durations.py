"""How long a day's answers took, in counters: to count a hundred thousand answers anew takes a report's whole time.

An answer keeps what it has added, so that one recorded again takes that out; both are one transaction.
"""

import json
import sqlite3
from itertools import groupby

from rag_core.tallies import Counts, Durations


def count(db: sqlite3.Connection, question_id: str, counts: Counts) -> None:
    """Within the transaction that has written the answer."""
    day, kept = db.execute(
        "SELECT substr(asked_at, 1, 10), durations FROM answer WHERE question_id = ?", [question_id]
    ).fetchone()
    former: Counts = json.loads(kept)
    changes = {name: counts.get(name, 0.0) - former.get(name, 0.0) for name in {**counts, **former}}
    db.executemany(
        "INSERT INTO duration (day, name, amount) VALUES (?, ?, ?) "
        "ON CONFLICT (day, name) DO UPDATE SET amount = amount + excluded.amount",
        [(day, name, change) for name, change in changes.items() if change],
    )
    db.execute("UPDATE answer SET durations = ? WHERE question_id = ?", [json.dumps(counts), question_id])


def by_day(db: sqlite3.Connection, first: str) -> dict[str, Durations]:
    rows = db.execute("SELECT day, name, amount FROM duration WHERE day >= ? ORDER BY 1", [first])
    return {
        day: Durations.among({name: round(amount, 2) for _, name, amount in of_day})
        for day, of_day in groupby(rows, lambda row: str(row[0]))
    }
