"""The app in several workspaces: which token acts in which.

Every workspace here reads the same knowledge, so none answers that the operator has not named: with the client id
anybody in the world may install an app that is distributed, and its admins say what their channels are told.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.oauth.installation_store import Installation

from integrations.slack.needs import Installed
from integrations.slack.renewing import SPARE, OAuthApp, Renewal
from integrations.slack.storing import InstallationRecords, Kept
from rag_core.errors import MisconfiguredError

REMEMBERED = 60.0  # seconds that a token may be behind
UNINSTALLED = "app_uninstalled"


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The ids of the workspaces (T...) and organisations (E...) that may have the app."""

    named: frozenset[str]

    def have(self, *ids: str | None) -> bool:
        return not self.named.isdisjoint(each for each in ids if each)


class SlackInstallations:
    """Installations; safe to share between threads."""

    def __init__(
        self,
        app: OAuthApp,
        store: InstallationRecords,
        renewal: Renewal,
        workspaces: Workspaces,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app, self._store, self._renewal, self._workspaces, self._clock = app, store, renewal, workspaces, clock
        self._known: dict[tuple[str, str | None], tuple[float, Installed]] = {}

    def token(self, team: str, enterprise: str | None) -> Installed:
        until, known = self._known.get((team, enterprise), (0.0, None))
        if known is not None and self._clock() < until:
            return known
        kept = next(self._kept(team, enterprise), None)
        if kept is None:
            raise MisconfiguredError(f"the app is not installed in workspace {team}: an admin opens /slack/install")
        if not self._workspaces.have(team, kept.name, kept.installation.enterprise_id):
            raise MisconfiguredError(f"workspace {team} is not named in SUPPORTBOT_SLACK_WORKSPACES")
        if team and kept.name == enterprise != self._store.organisation(team):
            self._store.link(team, enterprise)
        found = self._renewal.current(kept).installation
        installed = Installed(found.bot_token or "", found.bot_user_id or "", found.bot_id or "")
        self._known[team, enterprise] = self._until(found), installed
        return installed

    def refused(self, team: str, enterprise: str | None) -> None:
        """Slack did not accept the token: it is read anew."""
        self._known.pop((team, enterprise), None)

    def revoked(self, team: str, enterprise: str | None, event: Mapping[str, Any]) -> None:
        """Removes what Slack does not accept any more, and that only.

        An event may come a day late, when the app was installed again since; and what was installed in a whole
        organisation outlives its end in one workspace. So Slack is asked.
        """
        self._known.clear()
        if event.get("type") != UNINSTALLED and not (event.get("tokens") or {}).get("bot"):
            return
        for kept in self._kept(team, enterprise):
            if not self._is_accepted(kept):
                self._store.forget(kept)

    def _is_accepted(self, kept: Kept) -> bool:
        try:
            slack = self._app.slack(self._renewal.current(kept).installation.bot_token)
            slack.call(slack.client.auth_test)
        except MisconfiguredError:
            return False
        return True

    def _kept(self, team: str, enterprise: str | None) -> Iterator[Kept]:
        """The workspace's own installation first; not every event names the organisation."""
        if team and (own := self._store.kept(team)):
            yield own
        whole = enterprise or (team and self._store.organisation(team))
        if whole and (shared := self._store.kept(whole)):
            yield shared

    def _until(self, found: Installation) -> float:
        until = self._clock() + REMEMBERED
        return min(until, found.bot_token_expires_at - SPARE / 2) if found.bot_token_expires_at else until
