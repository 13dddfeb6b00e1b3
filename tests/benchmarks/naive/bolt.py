"""Slack's request URL as slack_bolt's AWS Lambda adapter has it: acknowledged, and the rest by a lazy listener.

The shape of https://docs.slack.dev/tools/bolt-python/concepts/lazy-listeners: the function invokes itself again.
"""

import os
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_sdk import WebClient

CLIENT = WebClient(token=os.environ["SLACK_TOKEN"], base_url=os.environ["SLACK_API"])
APP = App(client=CLIENT, signing_secret=os.environ["SLACK_SECRET"], process_before_response=True)


def acknowledge(ack: Any) -> None:
    ack()


def answer(say: Any) -> None:
    say("...")


APP.event("app_mention")(ack=acknowledge, lazy=[answer])
HANDLER = SlackRequestHandler(app=APP)


def handle(event: dict[str, Any], context: Any) -> Any:
    return HANDLER.handle(event, context)  # type: ignore[no-untyped-call]
