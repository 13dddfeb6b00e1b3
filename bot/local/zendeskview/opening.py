"""Open the simulated Zendesk with the real app at work in it.

Its signed webhooks go to the ingress, from there by a queue of this process to the worker, which calls back over HTTP;
the sidebar asks the query function's own endpoints.

Opened with the first page that needs it, so that a playground without it starts no slower.
"""

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

import msgspec

from bot.app import App, build
from bot.local.warming import warmed
from rag_core.errors import MisconfiguredError

if TYPE_CHECKING:
    from bot.api.extending import Extra
    from bot.local.account.account import Account
    from bot.local.account.webhooks import Webhook
    from bot.local.zendeskapp.proxying import Proxy
    from bot.local.zendeskview.firm import Firm
    from integrations.zendesk.packaging import Sidebar
    from rag_core.ports import JobQueue

API = "api.larkpost.example"  # what the sidebar calls; the proxy leads it to this process
ENDPOINT = "http://127.0.0.1/zendesk/webhook"
TEMPLATES = json.dumps({"en": {"greeting": "Hi {first_name},", "sign_off": "Best regards,\nLarkpost support"}})
OTHERS = (  # of a real account, workspace or API
    "zendesk_email",
    "zendesk_token",
    "zendesk_ignored",
    "zendesk_ticket_tag",
    "api_callers",
    "slack_bot_token",
    "slack_client_id",
    "slack_app_token",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """An account with the app at work in it."""

    firm: "Firm"
    extras: "list[Extra]"  # the query function's endpoints


class Door:
    """Open from the first look until the playground ends."""

    def __init__(self, app: App, documents: Callable[[], int]) -> None:
        self._app, self._documents, self._secret = app, documents, token_hex(24)
        self._lock, self._held = threading.Lock(), ExitStack()
        self._opened: Opened | None = None

    def opened(self, address: str) -> Opened:
        """`address`: of the playground, where rating links lead. Raises MisconfiguredError where a part is missing."""
        with self._lock:
            if self._opened is None:
                self._opened = self._held.enter_context(_opened(self._app, self._documents, self._secret, address))
            return self._opened

    def close(self) -> None:
        """Once what waits is answered."""
        with self._lock:
            self._held.close()

    def proxy(self, address: str) -> "Proxy":
        """Zendesk's, for what the sidebar asks of the API."""
        from bot.local.zendeskapp.proxying import Endpoints, Proxy

        endpoints = Endpoints(self.opened(address).extras, self._app.settings.deadline)
        return Proxy({"shared_secret": self._secret}, frozenset({API}), endpoints.send)


def sidebar() -> "Sidebar":
    from integrations.zendesk.packaging import Sidebar

    return Sidebar.of(API)


@contextmanager
def _opened(app: App, documents: Callable[[], int], secret: str, address: str) -> Iterator[Opened]:
    try:
        from bot.api.extending import extras
        from bot.local.account.account import Account
        from bot.local.queueing import LocalJobs
        from bot.local.zendeskview.firm import firm
        from bot.observability import Telemetry
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    with Account() as account:
        hook = _hook(account)
        opened = firm(account, documents)
        mine = warmed(_for(app, opened, hook, secret, address))
        telemetry = Telemetry(stream=sys.stderr, plain=True, metrics=False)
        try:
            queue = LocalJobs(mine, telemetry)
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        with queue:
            _deliver(account, hook, queue)
            yield Opened(opened, extras(mine.settings, mine, telemetry))


def _hook(account: "Account") -> "Webhook":
    """As `supportbot zendesk setup` makes it."""
    from bot.local.account.webhooks import Trigger, Webhook

    made = Webhook("supportbot", "supportbot", ENDPOINT)
    account.webhooks.known[made.id] = made
    account.webhooks.triggers[1] = Trigger(1, "supportbot", made.id)
    return made


def _deliver(account: "Account", hook: "Webhook", queue: "JobQueue") -> None:
    from integrations.zendesk.ingress import Ingress

    ingress = Ingress(hook.secret, queue)

    def carry(_url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        reply = ingress.handle(headers, body)
        return reply.status, {name.lower(): value for name, value in reply.headers.items()}

    account.courier.carry = carry


def _for(app: App, opened: "Firm", hook: "Webhook", secret: str, address: str) -> App:
    """The same home, at work in this account; a model that is loaded is loaded once."""
    account = opened.account
    settings = msgspec.structs.replace(
        app.settings,
        **dict.fromkeys(OTHERS, ""),
        zendesk_subdomain=opened.subdomain,
        zendesk_url=account.url,
        zendesk_client_id=account.authority.client_id,
        zendesk_client_secret=account.authority.client_secret,
        zendesk_webhook_secret=hook.secret,
        zendesk_app_secret=secret,
        zendesk_templates=TEMPLATES,
        zendesk_mode="draft",
        zendesk_follow_ups=True,
        zendesk_internal=True,
        zendesk_abstention="note",
        zendesk_confidence_field=0,
        zendesk_answer_field=0,
        public_url=address,
    )
    mine = build(settings)
    mine.embedders = app.embedders
    return mine


def _missing(error: ModuleNotFoundError) -> MisconfiguredError:
    return MisconfiguredError(f"this page needs {error.name}: install it with pip install 'supportbot[zendesk]'")
