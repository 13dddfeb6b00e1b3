"""The Web API's methods by name, each with its limit, and how one is called."""

from dataclasses import dataclass, field

from bot.local.workspace import assisting, chatting, conversing, looking, streaming, viewing
from bot.local.workspace.arguments import Arguments
from bot.local.workspace.authorizing import SCOPES, Consent, Consents
from bot.local.workspace.calling import Announce, Call, Method
from bot.local.workspace.limiting import POSTS, SEVERAL_HUNDRED, TIER_2, TIER_3, TIER_4, Limit, Limits
from bot.local.workspace.nouns import Json, Role, Team
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.world import Called, World

METHODS: dict[str, tuple[Method, Limit]] = {
    "agents.sessions.setStatus": (assisting.set_session, TIER_3),
    "assistant.threads.setStatus": (assisting.set_status, SEVERAL_HUNDRED),
    "assistant.threads.setSuggestedPrompts": (assisting.set_prompts, SEVERAL_HUNDRED),
    "assistant.threads.setTitle": (assisting.set_title, SEVERAL_HUNDRED),
    "auth.test": (looking.auth_test, SEVERAL_HUNDRED),
    "bots.info": (looking.bot, TIER_3),
    "chat.appendStream": (streaming.append, TIER_4),
    "chat.delete": (chatting.delete, TIER_3),
    "chat.postEphemeral": (chatting.post_ephemeral, TIER_4),
    "chat.postMessage": (chatting.post_message, SEVERAL_HUNDRED),
    "chat.startStream": (streaming.start, TIER_2),
    "chat.stopStream": (streaming.stop, TIER_2),
    "chat.update": (chatting.update, TIER_3),
    "conversations.history": (conversing.history, TIER_3),
    "conversations.info": (conversing.info, TIER_3),
    "conversations.join": (conversing.join, TIER_3),
    "conversations.members": (conversing.members, TIER_4),
    "conversations.open": (conversing.open_, TIER_3),
    "conversations.replies": (conversing.replies, TIER_3),
    "files.info": (looking.file, TIER_4),
    "team.info": (looking.team, TIER_3),
    "usergroups.users.list": (looking.group_members, TIER_2),
    "users.info": (looking.user, TIER_4),
    "views.open": (viewing.open_, TIER_4),
    "views.publish": (viewing.publish, TIER_4),
    "views.push": (viewing.push, TIER_4),
    "views.update": (viewing.update, TIER_4),
}


@dataclass
class Api:
    """Calls by name and token."""

    world: World
    limits: Limits
    consents: Consents
    announce: Announce
    tickets: set[str] = field(default_factory=set)  # of Socket Mode connections that may be opened

    def call(self, name: str, token: str, given: Json) -> Json:
        """Slack's answer; raises RefusalError with Slack's refusal."""
        arguments = Arguments(given)
        with self.world.changed:
            try:
                answer = {"ok": True, **self._answer(name, token, arguments)}
            except RefusalError as refusal:
                self.world.calls.append(Called(name, given, refusal.answer()))
                raise
            self.world.calls.append(Called(name, given, answer))
        return answer

    def _answer(self, name: str, token: str, arguments: Arguments) -> Json:
        if name == "oauth.v2.access":
            return self.consents.access(self.world, arguments)
        if name == "apps.connections.open":
            return self._connect(token)
        team = self.team(token)
        if name == "auth.revoke":
            return self._revoke(token, arguments)
        if name not in METHODS:
            raise RefusalError("unknown_method", req_method=name)
        method, limit = METHODS[name]
        self.limits.take(limit, name, team.id)
        if name == "chat.postMessage":
            self.limits.take(POSTS, name, team.id, arguments.text("channel"))
        return method(Call(self.world, team, arguments, self.announce))

    def team(self, token: str) -> Team:
        """Whose token it is."""
        if not token:
            raise RefusalError("not_authed")
        grant = self.world.grants.get(token)
        if grant is None:
            raise RefusalError("token_revoked" if token in self.world.revoked else "invalid_auth")
        if not grant.team.installed:
            raise RefusalError("account_inactive")
        if grant.expires is not None and self.world.clock.now() >= grant.expires:
            raise RefusalError("token_expired")
        return grant.team

    def _revoke(self, token: str, arguments: Arguments) -> Json:
        if not arguments.flag("test"):
            self.world.revoke(token)
        return {"revoked": not arguments.flag("test")}

    def _connect(self, token: str) -> Json:
        """A WebSocket's address, good for one connection."""
        if not token:
            raise RefusalError("not_authed")
        if token != self.world.app.app_token:
            raise RefusalError("not_allowed_token_type" if token in self.world.grants else "invalid_auth")
        ticket = self.world.number("ticket-")
        self.tickets.add(ticket)
        return {"url": f"{self.world.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.world.app.id}"}

    def consent(self, team: Team, redirect_uri: str, scope: str) -> str:
        """A person of the team allows the app there; the code is good for one exchange."""
        with self.world.changed:
            people = (user for user in self.world.users.values() if user.team == team.id and user.role is not Role.BOT)
            person = next(people, None)
            return self.consents.allow(Consent(team, person.id if person else team.bot, redirect_uri, scope or SCOPES))
