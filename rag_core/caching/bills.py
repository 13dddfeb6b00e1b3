"""Ask for a bill once a day, whoever looks: each question costs a cent, and Cost Explorer knows no more between.

Kept by day, so that a longer period asks only for days that nobody has asked for. A day changes until it is some days
old: then it is not asked for again.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from rag_core.billing import Bill
from rag_core.ports import Bills, Records

KEPT = timedelta(days=400)
AGAIN = timedelta(hours=24)  # Cost Explorer is brought up to date about three times a day, up to a day late
SETTLED = timedelta(days=4)  # after which a day is as it stays, but for a month's last corrections


class _Asked(msgspec.Struct, frozen=True):
    at: datetime
    bill: Bill


class DailyBills:
    """Bills over others. `of`: whose they are, such as the tag; another's are not taken for them."""

    def __init__(
        self,
        bills: Bills,
        records: Records,
        of: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        again: timedelta = AGAIN,
    ) -> None:
        self._bills, self._records, self._clock = bills, records, clock
        self._group, self._again = f"bills#{of}", again

    def by_day(self, first: date, last: date) -> Mapping[date, Bill]:
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        known = {day: kept for day in days if (kept := self._kept(day))}
        missing = [day for day in days if day not in known and day <= self._clock().date()]
        if missing:
            found = self._bills.by_day(missing[0], missing[-1])
            for day in days:
                if missing[0] <= day <= missing[-1]:
                    known[day] = found.get(day, Bill())
                    asked = msgspec.json.encode(_Asked(self._clock(), known[day]))
                    self._records.put(self._group, day.isoformat(), asked, ttl=KEPT)
        return {day: bill for day, bill in sorted(known.items()) if bill != Bill()}

    def _kept(self, day: date) -> Bill | None:
        record = self._records.get(self._group, day.isoformat())
        if record is None:
            return None
        asked = msgspec.json.decode(record.value, type=_Asked)
        settled = asked.at.date() - day >= SETTLED
        return asked.bill if settled or self._clock() - asked.at < self._again else None
