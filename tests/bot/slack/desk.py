"""A channel with somebody in it who asks, and the bot's two functions with a queue between them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from bot.arriving import SLACK
from bot.batching import Batches
from bot.gateway import Endpoint, Gateway
from bot.local.workspace.nouns import Channel, Message, User
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.slack.ingress import Ingress
from rag_core import messaging
from rag_core.domain import NEVER, Deadline
from rag_core.jobs import Job
from tests.bot.api.asking import REFUND, Context


def settings(home: Path, team: Workspace, **more: Any) -> Settings:
    stated = {"slack_bot_token": team.token, "slack_app_token": team.app.app_token, "slack_url": team.url}
    return Settings(home=str(home), embedding_model="none", **(stated | more))


@dataclass
class Help:
    """A channel with somebody in it."""

    slack: Workspace
    ada: User
    channel: Channel

    def ask(self, text: str = REFUND) -> Message:
        return self.slack.say(self.channel, self.ada, f"<@{self.slack.bot.id}> {text}")

    def answer(self, question: Message) -> Message:
        """The one reply, once it stands."""
        assert self.slack.wait_for(
            lambda: any("[1]" in each.text and not each.grows for each in self.slack.thread(question))
        )
        (reply,) = [each for each in self.slack.thread(question) if each.user == self.slack.bot.id]
        return reply


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


@dataclass
class Cloud:
    """The two functions, and a queue between them that delivers when told to."""

    gate: Gateway
    batches: Batches
    waiting: list[str]

    def deliver(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        event = {"rawPath": SLACK, "headers": dict(headers), "body": body.decode(), "isBase64Encoded": False}
        reply = self.gate.handle(event)
        return reply["statusCode"], reply["body"].encode()

    def work(self, received: int = 1) -> list[str]:
        """The ids of the messages that failed, which wait again."""
        messages, self.waiting[:] = list(self.waiting), []
        if not messages:
            return []
        records = [
            {
                "messageId": str(number),
                "body": body,
                "eventSource": "aws:sqs",
                "attributes": {"ApproximateReceiveCount": str(received)},
            }
            for number, body in enumerate(messages)
        ]
        failed = [
            each["itemIdentifier"] for each in self.batches.handle({"Records": records}, Context())["batchItemFailures"]
        ]
        self.waiting += [messages[int(number)] for number in failed]
        return failed


class Written:
    """JobQueue."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        self.messages.append(messaging.written(job))


def gateway_of(stated: Settings, queue: Written, telemetry: Telemetry) -> Gateway:
    from integrations.slack.ingress import Desk
    from integrations.slack.interacting import Interactions
    from integrations.slack.opening import Opener

    opener = Opener(lambda _: stated.slack_bot_token, stated.slack_url)
    ingress = Ingress(stated.slack_signing_secret, Desk(queue, opener, Interactions(lambda: [])))
    return Gateway([Endpoint("slack", SLACK, ingress.handle)], telemetry)


def received(url: str) -> list[str]:
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def values(blocks: Any) -> list[str]:
    """Of every button."""
    found: list[str] = []
    waiting: list[Any] = [blocks]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += [each["value"]] if isinstance(each.get("value"), str) else []
            waiting.extend(each.values())
        elif isinstance(each, list | tuple):
            waiting.extend(each)
    return found
