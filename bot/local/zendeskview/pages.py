"""The Zendesk page: tickets, a ticket with its comments and the sidebar, and word of what has changed.

It works without JavaScript too, but for the sidebar; then it shows what has come when it is loaded again.
"""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.api.extending import Asked
from bot.local import protecting
from bot.local.templating import fill
from bot.local.zendeskapp import framing
from bot.local.zendeskapp.proxying import Proxy
from bot.local.zendeskview.opening import Door, Opened, sidebar
from rag_core.domain import Deadline
from rag_core.errors import RejectedError

PATIENCE = 2.0  # seconds that a question for changes waits: less than the playground has to end
SECONDS = 20.0  # for a rating
PAGE = "127.0.0.1"


def routes(door: Door, examples: Sequence[str]) -> list[BaseRoute]:
    pages = Pages(door, examples)
    return [
        Route("/zendesk", pages.look),
        Route("/zendesk/changes", pages.changes),
        Route("/zendesk/rate", pages.rate, methods=["GET", "HEAD", "POST"]),
        Route("/zendesk/{act}", pages.act, methods=["POST"]),
        *framing.routes(sidebar(), pages.proxy),
    ]


class Pages:
    """The endpoints; those that are not async run in a thread each."""

    def __init__(self, door: Door, examples: Sequence[str]) -> None:
        self._door, self._examples = door, examples

    def look(self, request: Request) -> Response:
        from bot.local.zendeskview.screen import Screen

        if request.url.hostname != PAGE:  # the sidebar is at localhost, so that it is another origin than the page
            return RedirectResponse(str(request.url.replace(hostname=PAGE)))
        firm = self._opened(request).firm
        documents = firm.documents()
        with firm.account.desk.lock:
            screen = Screen(firm, _number(request.query_params.get("ticket", "")))
            page = fill("zendesk.html", screen=screen, examples=self._examples, documents=documents)
        policy = protecting.POLICY.format(style=f"style-src 'self'; frame-src http://localhost:{request.url.port}")
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "Content-Security-Policy": policy})

    def changes(self, request: Request) -> Response:
        """The version of what there is, once it is another than the one that is known, or after a while."""
        desk = self._opened(request).firm.account.desk
        known = request.query_params.get("since", "")
        with desk.changed:
            desk.changed.wait_for(lambda: str(desk.version) != known, PATIENCE)
            return JSONResponse({"version": desk.version}, headers={"Cache-Control": "no-store"})

    async def act(self, request: Request) -> Response:
        from bot.local.zendeskview.acting import Acting

        opened = await run_in_threadpool(self._opened, request)
        acting = Acting(opened.firm)
        does = {"open": acting.open, "say": acting.say}.get(request.path_params["act"])
        if does is None:
            raise RejectedError("there is nothing of that kind to do here")
        async with request.form() as form:
            ticket = await run_in_threadpool(does, form)
        return RedirectResponse(f"/zendesk?ticket={ticket}", HTTPStatus.SEE_OTHER)

    async def rate(self, request: Request) -> Response:
        """The page behind a note's rating links, as the query function gives it."""
        opened = await run_in_threadpool(self._opened, request)
        found = next(each for each in opened.extras if (each.method, each.path) == (request.method, request.url.path))
        deadline = Deadline.within(SECONDS)
        asked = Asked(request.method, dict(request.query_params), dict(request.headers), await request.body(), deadline)
        reply = await run_in_threadpool(found.endpoint, asked)
        return Response(reply.body, reply.status, dict(reply.headers))

    def proxy(self, request: Request) -> Proxy:
        return self._door.proxy(_here(request))

    def _opened(self, request: Request) -> Opened:
        return self._door.opened(_here(request))


def _here(request: Request) -> str:
    return f"http://{PAGE}:{request.url.port}"


def _number(stated: str) -> int | None:
    return int(stated) if stated.isdecimal() and len(stated) < 12 else None
