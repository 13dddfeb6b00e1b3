"""Where the app is installed, as the SDK's installation store: Records, sealed.

One record a workspace, or an organisation where the app is installed in all of it. Nobody's own token is asked for, so
none is kept.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from inspect import signature
from typing import Any

from slack_sdk.oauth.installation_store import Bot, Installation, InstallationStore

from integrations.slack.sealing import Seal
from rag_core.domain import Record
from rag_core.ports import Records

GROUP, SERVED = "slack-installation", "slack-organisation"
GONE, AT_ONCE = b"", timedelta(seconds=1)  # how a record is removed that must still be what was seen
KNOWN = signature(Installation).parameters.keys()  # a newer release may have kept more
PERSONAL = ("user_token", "user_refresh_token", "user_token_expires_at", "user_scopes")
BOT = ("bot_token", "bot_id", "bot_user_id", "bot_scopes", "bot_refresh_token", "bot_token_expires_at")


@dataclass(frozen=True, slots=True)
class Kept:
    """An installation as it was read; `name` is the id of the workspace or organisation."""

    name: str
    installation: Installation
    record: Record


class InstallationRecords(InstallationStore):
    """The SDK's interface, so that its OAuth parts work with it; safe to share between threads and processes."""

    def __init__(self, records: Records, seal: Seal) -> None:
        self._records, self._seal = records, seal

    @property
    def logger(self) -> logging.Logger:
        return logging.getLogger(__name__)

    def kept(self, name: str) -> Kept | None:
        """Raises MisconfiguredError where it does not open."""
        record = self._records.get(GROUP, name)
        if record is None or record.value == GONE:
            return None
        value, old = self._seal.open(name, record.value)
        found = Kept(name, Installation(**{key: value[key] for key in value.keys() & KNOWN}), record)
        if old and self.replace(found, found.installation):  # so that the older key can be given up one day
            return self.kept(name)
        return found

    def replace(self, kept: Kept, installation: Installation) -> bool:
        """False where it is not what was read any more."""
        return self._records.change(GROUP, kept.name, self._sealed(kept.name, installation), seen=kept.record)

    def forget(self, kept: Kept) -> bool:
        """False where it is not what was read any more: installed again, it stays."""
        return self._records.change(GROUP, kept.name, GONE, seen=kept.record, ttl=AT_ONCE)

    def link(self, team: str, enterprise: str) -> None:
        """The organisation's installation serves the workspace: not every event of it says so."""
        self._records.put(SERVED, team, enterprise.encode())

    def organisation(self, team: str) -> str | None:
        record = self._records.get(SERVED, team)
        return record.value.decode() if record else None

    def save(self, installation: Installation) -> None:
        name = _name(installation.enterprise_id, installation.team_id, whole=installation.is_enterprise_install)
        self._records.put(GROUP, name, self._sealed(name, installation))

    def save_bot(self, bot: Bot) -> None:
        found = self.find_installation(
            enterprise_id=bot.enterprise_id, team_id=bot.team_id, is_enterprise_install=bot.is_enterprise_install
        )
        about = vars(found) if found else {"user_id": ""}
        self.save(Installation(**(about | vars(bot))))

    def find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        found = self.find_installation(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return found.to_bot() if found else None

    def find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        found = self.kept(_name(enterprise_id, team_id, whole=bool(is_enterprise_install)))
        if found is None or user_id not in {None, found.installation.user_id}:
            return None
        return found.installation

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        self._records.remove(GROUP, _name(enterprise_id, team_id))

    def delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """A person's own part is not there to be deleted."""
        if user_id is None:
            self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def _sealed(self, name: str, installation: Installation) -> bytes:
        about: dict[str, Any] = {key: value for key, value in vars(installation).items() if key not in PERSONAL}
        return self._seal.close(name, about)


def _name(enterprise: str | None, team: str | None, *, whole: bool = False) -> str:
    return (enterprise if whole else team) or enterprise or team or ""
