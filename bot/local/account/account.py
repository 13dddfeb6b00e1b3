"""One Zendesk account on 127.0.0.1: `with Account() as zendesk: ... zendesk.url`.

It answers as the platform does and keeps every request; a test looks at `desk` for what became of them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Self

from bot.local.account.authorizing import Authority
from bot.local.account.automating import Automating
from bot.local.account.delivering import Courier
from bot.local.account.desk import Clock, Desk
from bot.local.account.exchanging import RefusalError, Request, Response, Routes
from bot.local.account.exporting import Exports
from bot.local.account.faults import Faults
from bot.local.account.fields import Fields
from bot.local.account.guide import Guide
from bot.local.account.helpcenter import HelpCenter
from bot.local.account.limiting import Limits
from bot.local.account.people import People
from bot.local.account.replaying import Replays
from bot.local.account.searching import Search
from bot.local.account.serving import Serving
from bot.local.account.showing import Showing
from bot.local.account.tickets import Tickets
from bot.local.account.users import Users
from bot.local.account.webhooks import Webhooks

TOKENS = "/oauth/tokens"


class Account:
    """`lag`: seconds until the search knows of a change; `plan`: requests a minute."""

    def __init__(self, *, clock: Clock = time.time, lag: float = 60.0, plan: int = 100_000) -> None:
        self.desk, self.faults, self.limits = Desk(clock, lag), Faults(), Limits(clock, plan)
        self.bot = self.desk.add_user("Supportbot", "bot@example.com", "agent")
        self.authority = Authority(clock, self.bot["id"])
        self.requests: list[Request] = []
        self.replays = Replays(clock, self.desk.lock)
        self._closing = threading.Event()
        self.people = People(self.desk)
        self.webhooks = Webhooks()
        self.courier = Courier(self.desk, self.webhooks, self.faults)
        self.fields = Fields(self.desk)
        users = Users(self.desk)
        tickets = Tickets(self.desk, users, self.limits, self.replays)
        made = Automating(self.desk, self.webhooks)
        self.guide = Guide(self.desk)
        self.help_center = HelpCenter(self.guide, self.limits)
        bulk = [*Exports(self.desk, self.limits).routes, *self.help_center.routes]
        further = [*Search(self.desk).routes, *Showing(self.desk).routes, *made.routes, *self.fields.routes, *bulk]
        self._routes = Routes([*tickets.routes, *users.routes, *further])
        self._serving = Serving(self)

    def __enter__(self) -> Self:
        self._serving.open()
        self.courier.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        try:
            self.courier.__exit__()
        finally:
            self._serving.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._serving.port}"

    def count(self, operation: str) -> int:
        with self.desk.lock:
            return sum(self.operation(request) == operation for request in self.requests)

    def operation(self, request: Request) -> str:
        return "POST oauth/tokens" if request.target == TOKENS else self._routes.operation(request)

    def answer(self, request: Request) -> Response:
        """What the platform says, faults aside."""
        headers: dict[str, str] = {}
        try:
            with self.desk.lock:
                self.requests.append(request)
                if request.target == TOKENS:
                    return self.authority.issue(request)
                by = self.authority.check(request)
                headers = self.limits.request()
            with self._locked(request):
                response = self._routes.serve(replace(request, by=by))
        except RefusalError as refusal:
            response = refusal.response
        return Response(response.status, response.payload, {**headers, **response.headers})

    def wait(self, seconds: float) -> None:
        """Until then, or until it closes."""
        self._closing.wait(seconds)

    @contextmanager
    def _locked(self, request: Request) -> Iterator[None]:
        """One at a time, but for what has a key: that locks for itself, so that two may be in flight."""
        if request.headers.get("Idempotency-Key"):
            yield
            return
        with self.desk.lock:
            yield
