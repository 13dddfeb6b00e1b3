"""The pages by which the app is installed in a workspace, from this machine; Slack's way back needs https before it."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.slack.authorizing import INSTALL, REDIRECT, Authorizing


def pages(authorizing: Authorizing) -> Starlette:
    """To be served, or mounted where other pages are."""

    def page(request: Request) -> Response:
        cookies = request.headers.getlist("cookie")
        reply = authorizing.handle(request.url.path, dict(request.query_params), {"cookie": cookies})
        headers = {**reply.headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(reply.body, reply.status, headers)

    return Starlette(routes=[Route(path, page, methods=["GET"]) for path in (INSTALL, REDIRECT)])
