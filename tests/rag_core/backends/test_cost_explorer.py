"""The bill as Cost Explorer has it, from moto's canned results."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from rag_core.backends.cost_explorer import CostExplorerBills
from rag_core.billing import Bill
from rag_core.errors import UnavailableError

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 2)


def period(day: str, **services: str) -> dict[str, Any]:
    groups = [
        {"Keys": [name.replace("_", " ")], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for name, amount in services.items()
    ]
    return {"TimePeriod": {"Start": day, "End": "x"}, "Groups": groups, "Estimated": False, "Total": {}}


def canned(url: str, *pages: dict[str, Any]) -> None:
    body = {"account_id": "123456789012", "region": "us-east-1", "results": list(pages)}
    httpx.post(f"{url}/moto-api/static/ce/cost-and-usage-results", content=json.dumps(body)).raise_for_status()


def test_services_by_day_without_those_that_cost_nothing(aws_url: str) -> None:
    days = [period("2026-11-01", Amazon_Bedrock="1.25", AWS_Lambda="0"), period("2026-11-02", Amazon_S3="0.5")]
    canned(aws_url, {"ResultsByTime": days, "DimensionValueAttributes": []})
    found = CostExplorerBills(aws_url).by_day(FIRST, LAST)
    assert found == {FIRST: Bill({"Amazon Bedrock": 1.25}), LAST: Bill({"Amazon S3": 0.5})}


def test_every_page_is_read(aws_url: str) -> None:
    first = {"ResultsByTime": [period("2026-11-01", A="1")], "NextPageToken": "more", "DimensionValueAttributes": []}
    second = {"ResultsByTime": [period("2026-11-01", B="2")], "DimensionValueAttributes": []}
    canned(aws_url, first, second)
    assert CostExplorerBills(aws_url).by_day(FIRST, LAST) == {FIRST: Bill({"A": 1.0, "B": 2.0})}


def test_what_does_not_carry_the_tag_is_apart(aws_url: str) -> None:
    day = period("2026-11-01", Amazon_Bedrock="1.25", AWS_Lambda="0.5", Amazon_S3="2")
    for group, tag in zip(day["Groups"], ("app$supportbot", "app$", "app$other"), strict=True):
        group["Keys"].append(tag)
    canned(aws_url, {"ResultsByTime": [day], "DimensionValueAttributes": []})
    found = CostExplorerBills(aws_url, ("app", "supportbot")).by_day(FIRST, LAST)
    assert found == {FIRST: Bill({"Amazon Bedrock": 1.25}, 2.5)}


@pytest.mark.usefixtures("aws_url")
def test_where_it_cannot_be_reached_it_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="cannot be reached"):
        CostExplorerBills("http://127.0.0.1:9").by_day(FIRST, LAST)
