"""The Web API over HTTP on this machine, in a thread of its own.

An answer that is to be lost is lost on the wire: the connection closes with nothing said.
"""

import asyncio
import base64
import binascii
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.local.workspace import arguments
from bot.local.workspace.arguments import Arguments
from bot.local.workspace.connecting import Connections, protocol
from bot.local.workspace.faults import Fault, Faults, Kind
from bot.local.workspace.looking import find_file
from bot.local.workspace.methods import Api
from bot.local.workspace.nouns import Json
from bot.local.workspace.refusing import LimitedError, RefusalError
from bot.local.workspace.responding import respond
from bot.local.workspace.sockets import Sockets

ADDRESS = "127.0.0.1"
STARTING = 10  # seconds


class Site:
    """What is served: methods, response URLs, files, the consent page and Socket Mode."""

    def __init__(self, api: Api, faults: Faults, sockets: Sockets) -> None:
        self._api, self._faults, self._sockets = api, faults, sockets
        self.connections: Connections = {}
        routes = [
            Route("/api/{method}", self._call, methods=["GET", "POST"]),
            Route("/actions/{team}/{number}/{secret}", self._respond, methods=["POST"]),
            Route("/files-pri/{file}/{rest:path}", self._download),
            Route("/oauth/v2/authorize", self._consent),
            WebSocketRoute("/link/", self._link),
        ]
        self.app = Starlette(routes=routes)

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        body = await request.body()
        fault = self._faults.take(method)
        early = await self._before(request, fault)
        if early is not None:
            return early
        try:
            answer = self._answered(request, method, body)
            status, headers = 200, None
        except LimitedError as limited:
            answer, status, headers = limited.answer(), 429, {"Retry-After": str(limited.seconds)}
        except RefusalError as refusal:
            answer, status, headers = refusal.answer(), 200, None
        if fault is not None and fault.kind is Kind.LOSE:
            return await self._hang_up(request)
        return _json(answer, status, headers)

    def _answered(self, request: Request, method: str, body: bytes) -> Json:
        kind = request.headers.get("content-type", "")
        given = arguments.read(kind, request.scope["query_string"], body)
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            given |= _basic(credential)
        token = given.pop("token", "") or (credential if scheme.lower() == "bearer" else "")
        return self._api.call(method, token, given)

    async def _before(self, request: Request, fault: Fault | None) -> Response | None:
        """What a fault makes of a call before anything is done."""
        match fault:
            case Fault(kind=Kind.REFUSE):
                return await self._hang_up(request)
            case Fault(kind=Kind.STALL, value=seconds):
                await asyncio.sleep(seconds)
            case Fault(kind=Kind.LIMIT, value=seconds):
                return _json(LimitedError(1).answer(), 429, {"Retry-After": f"{seconds:g}"})
            case Fault(kind=Kind.FAIL, value=status):
                return PlainTextResponse("Something went wrong.", int(status))
            case Fault(kind=Kind.ERROR, code=code):
                return _json({"ok": False, "error": code})
        return None

    async def _hang_up(self, request: Request) -> Response:
        client = request.client
        transport = self.connections.get((client.host, client.port)) if client else None
        if transport is not None:
            transport.close()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response(status_code=500)  # to nobody

    async def _respond(self, request: Request) -> Response:
        body = await request.body()
        fault = self._faults.take("response_url")
        early = await self._before(request, fault)
        if early is not None:
            return early
        world = self._api.world
        try:
            given = arguments.read("application/json", b"", body)
            with world.changed:
                respond(world, world.triggers.use(request.url.path), given, self._api.announce)
            answer = Response(b"ok")
        except RefusalError as refusal:
            status = 404 if refusal.code.endswith("_url") else 400
            answer = _json(refusal.answer(), status)
        if fault is not None and fault.kind is Kind.LOSE:
            return await self._hang_up(request)
        return answer

    async def _download(self, request: Request) -> Response:
        """A file's bytes; without a token that may see it, Slack shows its page to sign in instead."""
        early = await self._before(request, self._faults.take("files"))
        if early is not None:
            return early
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        ident = request.path_params["file"].partition("-")[2]
        try:
            team = self._api.team(token if scheme.lower() == "bearer" else "")
            found = find_file(self._api.world, team, ident)
        except RefusalError:
            return Response(b"<!DOCTYPE html><title>Sign in</title>", media_type="text/html; charset=utf-8")
        if found.mode == "tombstone":
            return Response(status_code=404)
        return Response(found.content, media_type=found.mimetype)

    async def _consent(self, request: Request) -> Response:
        """Somebody of the first team says yes at once and is sent back with a code."""
        query = Arguments(dict(request.query_params))
        world = self._api.world
        team = world.teams.get(query.text("team")) or next(iter(world.teams.values()))
        if query.text("client_id") != world.app.client_id or not query.text("redirect_uri"):
            return PlainTextResponse("Something's not right: invalid client_id or redirect_uri", 400)
        code = self._api.consent(team, query.text("redirect_uri"), query.text("scope"))
        back = urlencode({"code": code, "state": query.text("state")})
        return RedirectResponse(f"{query.text('redirect_uri')}?{back}", 302)

    async def _link(self, link: WebSocket) -> None:
        ticket = link.query_params.get("ticket", "")
        if ticket not in self._api.tickets:
            await link.close()
            return
        self._api.tickets.discard(ticket)
        await self._sockets.serve(link)


def _json(answer: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(answer), status, headers, media_type="application/json; charset=utf-8")


def _basic(credential: str) -> Json:
    try:
        name, _, secret = base64.b64decode(credential).decode().partition(":")
    except (ValueError, binascii.Error):
        return {}
    return {"client_id": name, "client_secret": secret}


class Server:
    """The site on a free port, until it is closed."""

    def __init__(self, site: Site) -> None:
        options: dict[str, Any] = {"log_level": "warning", "access_log": False, "lifespan": "off"}
        self._server = uvicorn.Server(
            uvicorn.Config(
                site.app,
                http=protocol(site.connections),
                ws="websockets-sansio",
                server_header=False,
                timeout_graceful_shutdown=1,
                **options,
            )
        )
        self._listener = socket.create_server((ADDRESS, 0), backlog=1024)
        self.url = f"http://{ADDRESS}:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="slack-server", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(STARTING)
        self._listener.close()
