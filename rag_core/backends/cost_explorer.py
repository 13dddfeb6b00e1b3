"""What AWS charged, by Cost Explorer.

Each request of its API costs a cent, so a run asks once a page, and again only where that failed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rag_core.backends import boto
from rag_core.billing import Bill
from rag_core.calling import Dependency, Patience

REGION = "us-east-1"  # the only one it has
METRIC = "UnblendedCost"
COST_EXPLORER = boto.Service(
    "Cost Explorer",
    temporary=boto.codes("LimitExceededException"),
    advice="enable it in the billing console, allow ce:GetCostAndUsage",
)
PATIENCE = Patience()


class CostExplorerBills:
    """Bills; ours is what carries the tag, if one is given: an account has other tenants."""

    def __init__(
        self, endpoint_url: str | None = None, tag: tuple[str, str] | None = None, patience: Patience = PATIENCE
    ) -> None:
        connection = boto.Connection(REGION, endpoint_url, connect_timeout=5, read_timeout=30)
        self._client, self._tag = boto.client(COST_EXPLORER, "ce", connection), tag
        self._dependency, self._timeout = Dependency(COST_EXPLORER.title, patience), connection.timeout

    def by_day(self, first: date, last: date) -> Mapping[date, Bill]:
        groups = [{"Type": "DIMENSION", "Key": "SERVICE"}]
        if self._tag:
            groups.append({"Type": "TAG", "Key": self._tag[0]})
        request: dict[str, Any] = {
            "TimePeriod": {"Start": first.isoformat(), "End": (last + timedelta(days=1)).isoformat()},  # excluded
            "Granularity": "DAILY",
            "Metrics": [METRIC],
            "GroupBy": groups,
        }
        found: dict[date, list[Any]] = {}
        while True:
            page = self._page(request)
            for period in page["ResultsByTime"]:
                found.setdefault(date.fromisoformat(period["TimePeriod"]["Start"]), []).extend(period["Groups"])
            if not page.get("NextPageToken"):
                bills = {day: self._bill(groups) for day, groups in found.items()}
                return {day: bill for day, bill in bills.items() if bill != Bill()}
            request["NextPageToken"] = page["NextPageToken"]

    def _bill(self, groups: Sequence[Any]) -> Bill:
        services, others = dict[str, float](), 0.0
        for group in groups:
            (service, *tagged), usd = group["Keys"], float(group["Metrics"][METRIC]["Amount"])
            if self._tag and tagged != ["$".join(self._tag)]:  # as Cost Explorer writes a tag: name$value
                others += usd
            elif usd:
                services[service] = usd
        return Bill(services, others)

    def _page(self, request: Mapping[str, Any]) -> Any:
        def attempt(_seconds: float) -> Any:
            with boto.translated(COST_EXPLORER):
                return self._client.get_cost_and_usage(**request)

        return self._dependency.call(attempt, timeout=self._timeout)
