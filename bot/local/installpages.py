"""The pages by which the app is installed in a workspace, from this machine; Slack's way back needs https before it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.local.serving import ADDRESS, listening, server
from integrations.slack.authorizing import INSTALL, REDIRECT, Authorizing


def pages(authorizing: Authorizing) -> Starlette:
    """To be served, or mounted where other pages are."""

    def page(request: Request) -> Response:
        cookies = request.headers.getlist("cookie")
        reply = authorizing.handle(request.url.path, dict(request.query_params), {"cookie": cookies})
        headers = {**reply.headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(reply.body, reply.status, headers)

    return Starlette(routes=[Route(path, page, methods=["GET"]) for path in (INSTALL, REDIRECT)])


@contextmanager
def serving(authorizing: Authorizing, port: int) -> Iterator[str]:
    """The address of the first page, while they are served."""
    with listening(port) as listener:
        served = server(pages(authorizing))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://{ADDRESS}:{listener.getsockname()[1]}{INSTALL}"
        finally:
            served.should_exit = True
            thread.join()
