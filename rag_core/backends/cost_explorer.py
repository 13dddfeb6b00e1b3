"""What AWS charged, by Cost Explorer. Each request of its API costs a cent, so a run asks once a page and no more."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rag_core.errors import MisconfiguredError, UnavailableError

REGION = "us-east-1"  # the only one it has
METRIC = "UnblendedCost"


class CostExplorerBills:
    """Bills; of the services that a tag names, if one is given: an account has other tenants."""

    def __init__(self, endpoint_url: str | None = None, tag: tuple[str, str] | None = None) -> None:
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})
        self._client = cast(Any, boto3).client("ce", region_name=REGION, endpoint_url=endpoint_url, config=config)
        self._tag = tag

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
        try:
            return self._client.get_cost_and_usage(**request)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code in ("LimitExceededException", "ThrottlingException"):
                raise UnavailableError(f"Cost Explorer is busy ({code}): try again") from error
            raise MisconfiguredError(
                f"Cost Explorer may not be read ({code}): enable it in the billing console, allow ce:GetCostAndUsage"
            ) from error
        except BotoCoreError as error:
            raise UnavailableError(f"Cost Explorer cannot be reached ({error}): try again") from error
