"""Whose token an event is worked on with, and who we are there."""

import threading
from collections.abc import Mapping
from typing import Any

from slack_sdk import WebClient

from integrations.slack.calling import Slack
from integrations.slack.needs import Installations, Installed
from integrations.slack.silencing import quiet
from rag_core.domain import Deadline
from rag_core.resting import Circuit

PATIENCE = 10.0  # seconds to learn who we are
REMEMBERED = 1_000  # tokens


class FixedInstallation:
    """The one workspace whose token stands in the settings."""

    def __init__(self, token: str) -> None:
        self._installed = Installed(token)

    def token(self, team: str, enterprise: str | None) -> Installed:  # noqa: ARG002 - every team is ours
        return self._installed

    def refused(self, team: str, enterprise: str | None) -> None:
        """There is no other."""

    def revoked(self, team: str, enterprise: str | None, event: Mapping[str, Any]) -> None:
        """The settings keep what they say: the next call fails, and says so."""


class Identities:
    """Installations that know who we are; Slack is asked once a token."""

    def __init__(self, installations: Installations, base_url: str, circuit: Circuit | None = None) -> None:
        self._installations, self._base_url, self._circuit = installations, base_url, circuit or Circuit()
        self._known: dict[str, Installed] = {}
        self._lock = threading.Lock()

    def of(self, team: str, enterprise: str | None) -> Installed:
        found = self._installations.token(team, enterprise)
        if found.bot_user and found.bot:
            return found
        known = self._known.get(found.token)
        if known is None:
            known = self._asked(found.token)
            with self._lock:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[found.token] = known
        return known

    def _asked(self, token: str) -> Installed:
        client = WebClient(token, base_url=self._base_url, retry_handlers=[], logger=quiet())
        slack = Slack(client, Deadline.within(PATIENCE), bot_user="", circuit=self._circuit)
        about = slack.call(client.auth_test)
        return Installed(token, str(about["user_id"]), str(about.get("bot_id") or ""))
