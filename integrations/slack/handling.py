"""Every listener of the app: each reads its payload and calls a use case.

Whatever else Slack sends is caught as well: an event that nobody listens to is delivered again for hours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Any

from slack_bolt import Ack, App, Args, BoltContext

from integrations.slack import answers, modals, notices
from integrations.slack.apologising import Apologising, ear_of
from integrations.slack.asking import Asking
from integrations.slack.calling import Slack
from integrations.slack.drafting import Drafting, Wanted
from integrations.slack.escalating import Escalating, Pressed
from integrations.slack.needs import Access, Command, Commands, Installations, Place
from integrations.slack.rating import Rating
from integrations.slack.reading import files, plain, read
from integrations.slack.sharing import Sharing
from integrations.slack.turns import Turns, question_id
from integrations.slack.welcoming import Welcoming
from integrations.slack.whispering import Ear
from rag_core.errors import SupportBotError

ANSWER_MESSAGE = "answer_message"  # callback id
SUPPORT, SUPPORTBOT = "/support", "/supportbot"
ANY = re.compile("")
LAST = "supportbot_last"  # in the context of a request: nobody will deliver it again
AT = "supportbot_at"  # when the person did it: a delivery may be much later

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class UseCases:
    """Who does what."""

    asking: Asking
    drafting: Drafting
    rating: Rating
    sharing: Sharing
    escalating: Escalating
    welcoming: Welcoming
    turns: Turns
    access: Access
    installations: Installations
    commands: Commands | None
    apologising: Apologising


class Handling:
    """The listeners; `slack` gives the Web API for one request."""

    def __init__(self, use_cases: UseCases, slack: Callable[[BoltContext], Slack]) -> None:
        self._do, self._slack = use_cases, slack

    def register(self, app: App) -> None:
        """What is registered first is asked first: the catch-alls stand at the end."""
        for event in ("app_mention", "message"):
            app.event(event)(self._caught(self._hear))
        app.event("app_home_opened")(self._caught(self._open))
        app.event("agent_session_stopped")(self._caught(self._stop))
        for event in ("app_uninstalled", "tokens_revoked"):
            app.event(event)(self._caught(self._revoked))
        app.event("user_change")(self._caught(self._changed))
        app.shortcut(ANSWER_MESSAGE)(self._caught(self._answer_message))
        app.command(SUPPORT)(self._caught(self._support))
        app.command(SUPPORTBOT)(self._caught(self._supportbot))
        app.action(answers.RATE)(self._caught(self._rate))
        app.action(answers.ASK_HUMAN)(self._caught(self._ask_human))
        app.action(answers.RESOLVED)(self._caught(self._resolved))
        app.action(answers.SHARE)(self._caught(self._share))
        app.action(answers.DISCARD)(self._caught(self._discard))
        for turning in (answers.EARLIER, answers.LATER):
            app.action(turning)(self._caught(self._turn))
        app.view(modals.FEEDBACK)(self._caught(self._feedback))
        app.view(modals.CHANNEL_SETTINGS)(self._caught(self._settings))
        for catch_all in (app.event, app.shortcut, app.command, app.action, app.view, app.view_closed, app.options):
            catch_all(ANY)(self._nothing)

    def _caught(self, listener: Callable[..., None]) -> Callable[[Args], None]:
        """With whatever of Bolt's arguments it names; what it cannot do for good is told to whoever waits for it."""
        names = tuple(signature(listener).parameters)

        def caught(args: Args) -> None:
            context = args.context
            slack = partial(self._slack, context)
            with self._do.apologising.within(args.body, _team(context), slack, last=context[LAST]):
                listener(**{name: getattr(args, name) for name in names})

        return caught

    def _hear(self, body: Body, context: BoltContext) -> None:
        if asked := read(body, _team(context), context.bot_user_id or ""):
            self._do.asking.hear(asked, self._slack(context), last=context[LAST])

    def _open(self, event: Body, context: BoltContext) -> None:
        self._do.welcoming.open(event, _team(context), self._slack(context))

    def _stop(self, event: Body, context: BoltContext) -> None:
        self._do.turns.stop(_team(context), event["channel"], event.get("thread_ts") or "", event["event_ts"])

    def _revoked(self, event: Body, context: BoltContext) -> None:
        self._do.installations.revoked(_team(context), context.enterprise_id, event)

    def _changed(self, event: Body, context: BoltContext) -> None:
        if isinstance(about := event.get("user"), dict) and about.get("id"):
            self._do.access.changed(_team(context), about)

    def _answer_message(self, ack: Ack, body: Body, context: BoltContext) -> None:
        ack()
        message, slack = body["message"], self._slack(context)
        team, channel, user = _team(context), body["channel"]["id"], body["user"]["id"]
        named = question_id(team, channel, message["ts"], user, body["action_ts"])
        wanted = Wanted(
            named,
            _place(body, context, channel),
            Ear(channel, user, message.get("thread_ts"), body.get("response_url", "")),
            plain(message.get("text") or "", slack.bot_user),
            files(message),
            thread=message.get("thread_ts") or message["ts"],
        )
        self._do.drafting.draft(wanted, slack, last=context[LAST])

    def _support(self, ack: Ack, body: Body, context: BoltContext) -> None:
        ack()
        team, channel = _team(context), body["channel_id"]
        wanted = Wanted(
            question_id(team, channel, body["trigger_id"]),
            _place(body, context, channel),
            Ear(channel, body["user_id"], response_url=body["response_url"]),
            plain(body.get("text") or ""),
            by_url=True,
        )
        self._do.drafting.draft(wanted, self._slack(context), last=context[LAST])

    def _supportbot(self, ack: Ack, body: Body, context: BoltContext) -> None:
        ack()
        if self._do.commands:
            command = Command(
                _team(context),
                body["channel_id"],
                body["user_id"],
                body.get("text") or "",
                body["response_url"],
                body["trigger_id"],
                context[AT],
            )
            self._do.commands.handle(command, self._slack(context))

    def _rate(self, ack: Ack, body: Body, action: Body, context: BoltContext) -> None:
        ack()
        slack, at = self._slack(context), action["action_ts"]
        self._do.rating.click(action["value"], _team(context), ear_of(body), slack, at=at)

    def _feedback(self, ack: Ack, body: Body, view: Body, context: BoltContext) -> None:
        ack()
        feedback = modals.read_feedback(view)
        self._do.rating.submit(feedback, _team(context), body["user"]["id"], view, self._slack(context))

    def _settings(self, ack: Ack, body: Body, view: Body, context: BoltContext) -> None:
        ack()
        team, user, slack = _team(context), body["user"]["id"], self._slack(context)
        at: datetime = context[AT]
        if self._do.access.settle(team, user, modals.read_channel_settings(view), slack, at=at.timestamp()):
            self._show_home(user, team, slack, last=context[LAST])
        else:
            slack.once(slack.client.chat_postMessage, channel=user, **notices.not_allowed().payload())

    def _show_home(self, user: str, team: str, slack: Slack, *, last: bool) -> None:
        try:
            self._do.welcoming.show(user, team, slack)
        except SupportBotError:
            if not last:
                raise
            slack = slack.afresh()
            slack.once(slack.client.chat_postMessage, channel=user, **notices.settled().payload())

    def _ask_human(self, ack: Ack, body: Body, action: Body, context: BoltContext) -> None:
        ack()
        self._do.escalating.ask(_pressed(body, action, context), self._slack(context), last=context[LAST])

    def _resolved(self, ack: Ack, body: Body, action: Body, context: BoltContext) -> None:
        ack()
        self._do.escalating.resolve(_pressed(body, action, context), self._slack(context))

    def _share(self, ack: Ack, body: Body, action: Body, context: BoltContext) -> None:
        ack()
        ear = ear_of(body)
        self._do.sharing.share(
            action["value"], _place(body, context, ear.channel), ear, self._slack(context), at=action["action_ts"]
        )

    def _discard(self, ack: Ack, body: Body, context: BoltContext) -> None:
        ack()
        self._do.sharing.discard(ear_of(body), self._slack(context))

    def _turn(self, ack: Ack, body: Body, action: Body, context: BoltContext) -> None:
        ack()
        ear = ear_of(body)
        self._do.sharing.turn(action["value"], _place(body, context, ear.channel), ear, self._slack(context))

    def _nothing(self, ack: Ack) -> None:
        ack()


def _team(context: BoltContext) -> str:
    return context.team_id or ""


def _place(body: Body, context: BoltContext, channel: str) -> Place:
    """Of an interaction, which does not say whether others read there: access looks at the channel itself."""
    user = body.get("user") or {}
    user_id = body.get("user_id") or user.get("id") or ""
    user_team = user.get("team_id") or body.get("team_id") or _team(context)
    return Place(_team(context), channel, user_id, user_team)


def _pressed(body: Body, action: Body, context: BoltContext) -> Pressed:
    ephemeral = (body.get("container") or {}).get("is_ephemeral")
    message = None if ephemeral else body.get("message")
    return Pressed(action["value"], _team(context), ear_of(body), action["action_ts"], message)
