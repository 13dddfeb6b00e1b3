"""The sidebar app as Zendesk serves it: its own files, the SDK's stand-in in the place of the SDK.

From another origin than the page around it, so that it can reach nothing there but by messages: the page is at
127.0.0.1, the app at localhost.
"""

import json
from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.local.zendeskapp.proxying import Proxy
from integrations.zendesk.packaging import Sidebar
from integrations.zendesk.validating import MEDIA, SDK

STATIC = Path(__file__).with_name("static")
PREFIX = "/zendesk-app"
OWN_SDK = f"{PREFIX}/zaf_sdk.js"
SCRIPT = "text/javascript; charset=utf-8"


def routes(sidebar: Sidebar, proxy: Callable[[Request], Proxy]) -> list[BaseRoute]:
    """Of the app's files, of both scripts, and of the proxy.

    The page around it needs `frame-src http://localhost:<its port>` in its policy.
    """
    files = {name: (content, MEDIA[Path(name).suffix]) for name, content in sidebar.files().items()}
    html, kind = files["assets/iframe.html"]
    files["assets/iframe.html"] = html.replace(SDK.encode(), OWN_SDK.encode()), kind

    def asset(request: Request) -> Response:
        found = files.get(f"assets/{request.path_params['name']}")
        return Response(found[0], media_type=found[1], headers=_framed(request)) if found else Response(status_code=404)

    async def forward(request: Request) -> Response:
        asked = json.loads(await request.body())
        got = await run_in_threadpool(lambda: proxy(request).request(asked))
        return JSONResponse({"status": got.status, "body": got.body})

    return [
        Route(f"{PREFIX}/assets/{{name:str}}", asset),
        _script("zaf_sdk.js"),
        _script("zaf_host.js"),
        Route(f"{PREFIX}/proxy", forward, methods=["POST"]),
    ]


def _framed(request: Request) -> dict[str, str]:
    """By the page at 127.0.0.1 and no other; the page's own policy stands in it."""
    return {"Content-Security-Policy": f"frame-ancestors http://127.0.0.1:{request.url.port}"}


def _script(name: str) -> Route:
    content = (STATIC / name).read_bytes()
    return Route(f"{PREFIX}/{name}", lambda _: Response(content, media_type=SCRIPT))
