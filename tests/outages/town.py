"""People who ask in Slack and by ticket, the ingress before the queue, and what each of them got in the end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.local.account.account import Account
from bot.local.account.desk import Ticket
from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from bot.settings import Settings
from integrations.slack.ingress import Desk
from integrations.slack.ingress import Ingress as SlackIngress
from integrations.slack.interacting import Interactions
from integrations.slack.notices import failed
from integrations.slack.opening import Opener
from integrations.zendesk.ingress import Ingress as ZendeskIngress
from integrations.zendesk.writing import FAILED
from rag_core.ports import JobQueue
from tests.integrations.slack.sending import signed as by_slack
from tests.integrations.zendesk.sending import SECRET, triggered
from tests.integrations.zendesk.sending import signed as by_zendesk
from tests.outages.simulating import Simulation

CHANNELS = 20


@dataclass
class Asked:
    """A question in simulated time, and when it was answered."""

    asked: Message | Ticket
    at: float
    answered: float | None = None


SORRY = failed("x").text[:20]


@dataclass
class Town:
    """Every other question is a ticket."""

    simulation: Simulation
    slack: Workspace
    zendesk: Account
    all: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._person = self.slack.add_person("Ada")
        self._channels = [self.slack.add_channel(f"c{number}", self._person) for number in range(CHANNELS)]
        self._customer = self.zendesk.desk.add_user("Ann", "ann@example.org")
        self.zendesk.limits.updates = 10**9

    def settings(self) -> dict[str, Any]:
        own = self.zendesk.authority
        return {
            "slack_bot_token": self.slack.token,
            "slack_signing_secret": self.slack.signing_secret,
            "slack_url": self.slack.url,
            "zendesk_subdomain": "example",
            "zendesk_url": self.zendesk.url,
            "zendesk_email": own.email,
            "zendesk_token": own.token,
            "zendesk_webhook_secret": SECRET,
            "zendesk_plan": "enterprise",
        }

    def open(self, queue: JobQueue, settings: Settings) -> None:
        """From now on what happens is told to the ingress."""
        opener = Opener(lambda _: self.slack.token, settings.slack_url)
        self._slack_ingress = SlackIngress(self.slack.signing_secret, Desk(queue, opener, Interactions(lambda: [])))
        self._zendesk_ingress = ZendeskIngress(SECRET, queue)
        self._told: list[bytes] = []
        self.slack.deliver_to(self._taken)

    def _taken(self, _: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self._told.append(body)
        return 200, b""

    def ask(self, text: str) -> None:
        number = len(self.all)
        if number % 2:
            ticket = self.zendesk.people.write(self._customer, "A question", text)
            self.all.append(Asked(ticket, self.simulation.now))
            body = json.dumps(triggered(str(ticket.id))).encode()
            assert self._zendesk_ingress.handle(by_zendesk(body, invocation=str(number)), body).status == 200
            return
        channel = self._channels[number // 2 % CHANNELS]
        message = self.slack.say(channel, self._person, f"<@{self.slack.bot.id}> {text}")
        self.all.append(Asked(message, self.simulation.now))
        assert self.slack.settle()
        while self._told:
            body = self._told.pop(0)
            assert self._slack_ingress.handle(by_slack(body, self.slack.signing_secret), body).status == 200

    def look(self) -> None:
        """Note who has an answer now."""
        for each in self.all:
            if each.answered is None and self.got(each.asked) == "answer":
                each.answered = self.simulation.now

    def got(self, asked: Message | Ticket) -> str:
        """answer, notice, or nothing."""
        if isinstance(asked, Ticket):
            if any(each.author_id == self.zendesk.bot["id"] for each in asked.comments):
                return "answer"
            return "notice" if FAILED in asked.tags else "nothing"
        said = [each for each in self.slack.thread(asked) if each.user == self.slack.bot.id and not each.grows]
        if any("[1]" in each.text for each in said):
            return "answer"
        return "notice" if any(SORRY in each.text for each in said) else "nothing"
