"""What AWS charged, by Cost Explorer.

Each request of its API costs a cent, so a run asks once a page, and again only where that failed.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from rag_core.backends import boto
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
    """Bills; of the services that a tag names, if one is given: an account has other tenants."""

    def __init__(
        self, endpoint_url: str | None = None, tag: tuple[str, str] | None = None, patience: Patience = PATIENCE
    ) -> None:
        connection = boto.Connection(REGION, endpoint_url, connect_timeout=5, read_timeout=30)
        self._client, self._tag = boto.client(COST_EXPLORER, "ce", connection), tag
        self._dependency, self._timeout = Dependency(COST_EXPLORER.title, patience), connection.timeout

    def by_day(self, first: date, last: date) -> Mapping[date, Mapping[str, float]]:
        request: dict[str, Any] = {
            "TimePeriod": {"Start": first.isoformat(), "End": (last + timedelta(days=1)).isoformat()},  # excluded
            "Granularity": "DAILY",
            "Metrics": [METRIC],
            "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
        }
        if self._tag:
            request["Filter"] = {"Tags": {"Key": self._tag[0], "Values": [self._tag[1]]}}
        found: dict[date, dict[str, float]] = {}
        while True:
            page = self._page(request)
            for period in page["ResultsByTime"]:
                charged = {group["Keys"][0]: float(group["Metrics"][METRIC]["Amount"]) for group in period["Groups"]}
                kept = {service: usd for service, usd in charged.items() if usd}
                if kept:
                    found.setdefault(date.fromisoformat(period["TimePeriod"]["Start"]), {}).update(kept)
            if not page.get("NextPageToken"):
                return found
            request["NextPageToken"] = page["NextPageToken"]

    def _page(self, request: Mapping[str, Any]) -> Any:
        def attempt(_seconds: float) -> Any:
            with boto.translated(COST_EXPLORER):
                return self._client.get_cost_and_usage(**request)

        return self._dependency.call(attempt, timeout=self._timeout)
