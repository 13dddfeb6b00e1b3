"""An event of API Gateway as the ingress and the pages take it."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.arriving import SLACK
from bot.gateway import Endpoint, Gateway
from bot.observability import Telemetry
from integrations.http import Headers, Reply
from integrations.slack.ingress import Desk, Ingress
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from tests.integrations.slack.office import ListQueue
from tests.integrations.slack.sending import SECRET, body_of, mention, signed

INSTALL = "/slack/install"


def made(seen: list[tuple[str, Headers]]) -> Gateway:
    def pages(path: str, _query: Mapping[str, str], headers: Headers) -> Reply:
        seen.append((path, headers))
        return Reply(200)

    desk = Desk(ListQueue(), Opener(lambda _: "xoxb-1", "http://127.0.0.1:9/api/"), Interactions(lambda: []))
    return Gateway([Endpoint("slack", SLACK, Ingress(SECRET, desk).handle, pages)], Telemetry(plain=True))


def first(path: str, stage: str) -> dict[str, Any]:
    """Payload version 1.0, of a REST API: the path has no stage."""
    return {"httpMethod": "GET", "path": path, "requestContext": {"stage": stage, "path": f"/{stage}{path}"}}


def second(path: str, stage: str) -> dict[str, Any]:
    return {"rawPath": path, "requestContext": {"stage": stage, "http": {"method": "GET", "path": path}}}


@pytest.mark.parametrize(
    "event",
    [
        *(first(INSTALL, stage) for stage in ("live", "s", "slack")),
        *(second(f"/{stage}{INSTALL}", stage) for stage in ("live", "s", "slack")),
        second(INSTALL, "$default"),
        second(INSTALL, "s"),
    ],
)
def test_a_page_is_found_whatever_the_stage_is_called(event: dict[str, Any]) -> None:
    seen: list[tuple[str, Headers]] = []
    made(seen).handle(event)
    assert [path for path, _ in seen] == [INSTALL]


@pytest.mark.parametrize("value", [None, 7, {}])
@pytest.mark.parametrize("name", ["x-slack-signature", "x-slack-request-timestamp", "accept", "cookie"])
def test_a_header_that_is_none_is_no_flaw_of_ours(name: str, value: object) -> None:
    body = body_of(mention())
    headers = {key.lower(): said for key, said in signed(body).items()} | {name: value}
    status = made([]).handle({"rawPath": SLACK, "headers": headers, "body": body.decode()})["statusCode"]
    assert status == (401 if name.startswith("x-slack") else 200)
    seen: list[tuple[str, Headers]] = []
    made(seen).handle(first(INSTALL, "live") | {"headers": headers})
    assert name not in seen[0][1]
