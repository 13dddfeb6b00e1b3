"""The Slack page: the screen of one person, forms for what they can do, and word of what has changed.

It works without JavaScript too; then it shows what has come when it is loaded again.
"""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.local.slackview.opening import Door
from bot.local.templating import fill

LIVE = "x-live"  # the header of a look that is no visit: nothing is opened by it
PATIENCE = 2.0  # seconds that a question for changes waits: less than the playground has to end
NO_STORE = {"Cache-Control": "no-store"}


def routes(door: Door, examples: Sequence[str]) -> list[Route]:
    pages = Pages(door, examples)
    return [
        Route("/slack", pages.look),
        Route("/slack/changes", pages.changes),
        Route("/slack/{act}", pages.act, methods=["POST"]),
    ]


class Pages:
    """The endpoints; those that are not async run in a thread each."""

    def __init__(self, door: Door, examples: Sequence[str]) -> None:
        self._door, self._examples = door, examples

    def look(self, request: Request) -> Response:
        """A person who comes to the Home tab or to the direct conversation opens it: the app hears of that."""
        from bot.local.slackview.drawing import Drawing
        from bot.local.slackview.screen import Screen
        from bot.local.slackview.visiting import visit

        office = self._door.office()
        visited = visit(office, request.query_params)
        if LIVE not in request.headers and (visited.channel is None or (visited.is_direct and not visited.thread)):
            office.slack.open_home(visited.person, "home" if visited.channel is None else "messages")
        documents = office.documents()
        with office.slack.world.changed:
            screen = Screen(office, visited)
            page = fill(
                "slack.html",
                screen=screen,
                visit=visited,
                place_=office.places.get(visited.channel.id) if visited.channel else None,
                draw=Drawing(office.slack.world),
                examples=self._examples,
                documents=documents,
            )
        return HTMLResponse(page, headers=NO_STORE)

    def changes(self, request: Request) -> Response:
        """The version of what there is, once it is another than the one that is known, or after a while."""
        slack = self._door.office().slack
        known = request.query_params.get("since", "")
        slack.wait_for(lambda: str(slack.world.version) != known, PATIENCE)
        return JSONResponse({"version": slack.world.version}, headers=NO_STORE)

    async def act(self, request: Request) -> Response:
        from bot.local.slackview.acting import Acting
        from bot.local.slackview.visiting import visit

        office = await run_in_threadpool(self._door.office)
        async with request.form() as form:
            visited = visit(office, form)
            then = await run_in_threadpool(Acting(office).do, request.path_params["act"], visited, form)
        return RedirectResponse(then.url, HTTPStatus.SEE_OTHER)
