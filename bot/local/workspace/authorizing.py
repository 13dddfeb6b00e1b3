"""oauth.v2.access, auth.revoke, apps.connections.open: tokens come and go."""

import secrets
from dataclasses import dataclass

from bot.local.workspace.arguments import Arguments
from bot.local.workspace.nouns import Json, Team
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.world import World

LIFETIME = 12 * 3600  # seconds a rotating token lives
SCOPES = "app_mentions:read,chat:write,commands,im:history,users:read"


@dataclass(slots=True)
class Consent:
    """Somebody allowed the app in their team; its code is good for one exchange."""

    team: Team
    user: str
    redirect_uri: str
    scope: str


class Consents:
    """What was allowed and not yet exchanged, and what may be renewed."""

    def __init__(self, *, rotating: bool) -> None:
        self.rotating = rotating
        self.codes: dict[str, Consent] = {}
        self.refreshing: dict[str, Consent] = {}

    def allow(self, consent: Consent) -> str:
        code = secrets.token_hex(12)
        self.codes[code] = consent
        return code

    def access(self, world: World, arguments: Arguments) -> Json:
        """A token for a code, or the next one for a refresh token."""
        if arguments.text("client_id") != world.app.client_id:
            raise RefusalError("invalid_client_id")
        if arguments.text("client_secret") != world.app.client_secret:
            raise RefusalError("bad_client_secret")
        if arguments.text("grant_type") == "refresh_token":
            consent = self.refreshing.pop(arguments.text("refresh_token"), None)
            if consent is None:
                raise RefusalError("invalid_refresh_token")
            return self._answer(world, consent)
        consent = self.codes.pop(arguments.text("code"), None)
        if consent is None:
            raise RefusalError("invalid_code")
        if consent.redirect_uri and arguments.text("redirect_uri") != consent.redirect_uri:
            raise RefusalError("bad_redirect_uri")
        return self._answer(world, consent)

    def _answer(self, world: World, consent: Consent) -> Json:
        team = consent.team
        expires = world.clock.now() + LIFETIME if self.rotating else None
        answer: Json = {
            "app_id": world.app.id,
            "authed_user": {"id": consent.user},
            "scope": consent.scope,
            "token_type": "bot",
            "access_token": world.grant(team, expires=expires),
            "bot_user_id": team.bot,
            "team": {"id": team.id, "name": team.name},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if self.rotating:
            refresh = f"xoxe-1-{secrets.token_hex(12)}"
            self.refreshing[refresh] = consent
            answer |= {"refresh_token": refresh, "expires_in": LIFETIME}
        world.touch()
        return answer
