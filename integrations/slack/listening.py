"""Hand what Slack sent to whoever does it, by Bolt, as Socket Mode does.

What a listener raises comes out of `work`: Bolt would make a status of it, and the queue would take the event for done.
"""

import json
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App, BoltContext, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from integrations.slack.apologising import Apologising
from integrations.slack.asking import Asking
from integrations.slack.calling import Pace, Slack
from integrations.slack.drafting import Drafting
from integrations.slack.escalating import Escalating
from integrations.slack.fetching import SLACK, Web
from integrations.slack.handling import AT, LAST, Handling, UseCases
from integrations.slack.identifying import Identities
from integrations.slack.needs import Access, Commands, Core, HumanDesk, Installations, Quotas
from integrations.slack.rating import Rating
from integrations.slack.sharing import Sharing
from integrations.slack.silencing import quiet
from integrations.slack.starting import Starts
from integrations.slack.turns import Turns
from integrations.slack.welcoming import Welcoming
from integrations.slack.whispering import Whispering
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.resting import Circuit

DEADLINE, ERROR = "supportbot_deadline", "supportbot_error"  # in a request's context


class SlackWorker:
    """Works on one event at a time in the calling thread; safe to share between threads."""

    def __init__(  # noqa: PLR0913 - the optional parts are keywords
        self,
        core: Core,
        installations: Installations,
        access: Access,
        *,
        quotas: Quotas | None = None,
        desk: HumanDesk | None = None,
        commands: Commands | None = None,
        humans: str = "",
        base_url: str = SLACK,
        pace: Pace | None = None,
        starts: Starts | None = None,
    ) -> None:
        """`humans`: the id of the user group that is called where there is no desk."""
        web = Web(base_url)
        whispering = Whispering(web)
        use_cases = UseCases(
            asking=Asking(core, access, quotas, web, starts or Starts()),
            drafting=Drafting(core, access, quotas, web),
            rating=Rating(core, whispering),
            sharing=Sharing(core, access, whispering),
            escalating=Escalating(core, whispering, desk, humans),
            welcoming=Welcoming(core, access),
            turns=Turns(core.records, core.claims),
            access=access,
            installations=installations,
            commands=commands,
            apologising=Apologising(core, whispering),
        )
        self._installations, self._pace, self._circuit = installations, pace or Pace(), Circuit()
        self._bolt = _bolt(Identities(installations, base_url, self._circuit), base_url)
        Handling(use_cases, self._slack).register(self._bolt)

    def work(self, event: str, deadline: Deadline, last: bool, at: datetime | None = None) -> None:
        """Raises UnavailableError where the event is to be delivered again; `last`: nobody will. `at`: when it came."""
        context = {DEADLINE: deadline, LAST: last, AT: at or datetime.now(UTC)}
        request = BoltRequest(mode="socket_mode", body=_payload(event), context=context)
        response = self._bolt.dispatch(request)
        error = request.context.get(ERROR)
        if isinstance(error, MisconfiguredError):
            self._installations.refused(request.context.team_id or "", request.context.enterprise_id)
        if isinstance(error, SupportBotError):
            raise error
        if error is not None or response.status >= 500:
            raise UnavailableError(f"an event of Slack's could not be worked on ({type(error).__name__})") from error

    def _slack(self, context: BoltContext) -> Slack:
        return Slack(
            _client(context),
            context[DEADLINE],
            bot_user=context.bot_user_id or "",
            bot=context.bot_id or "",
            pace=self._pace,
            circuit=self._circuit,
        )


def _client(context: BoltContext) -> WebClient:
    client: WebClient = context.client
    return client


def _payload(event: str) -> dict[str, Any]:
    payload = json.loads(event)
    if not isinstance(payload, dict):
        raise RejectedError("an event of Slack's is a JSON object")
    return payload


def _bolt(identities: Identities, base_url: str) -> App:
    """Bolt, for dispatching alone: no signature is left to check, and no token is looked for in the environment."""

    def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        found = identities.of(team_id or "", enterprise_id)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=found.bot_user,
            bot_id=found.bot,
            bot_token=found.token,
            user_id=user_id,
        )

    def failed(error: Exception, request: BoltRequest) -> None:
        request.context[ERROR] = error

    app = App(
        name="supportbot",
        logger=quiet(),
        client=WebClient(base_url=base_url, retry_handlers=[], logger=quiet()),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        token_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.error(failed)
    return app
