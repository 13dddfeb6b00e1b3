"""`POST /ingest` begins a run by the ingest workers, `GET /ingest/{source}` tells how far it is.

For callers with `"ingest": true`. A caller that names the sources it may ask for may ingest those.
"""

from functools import cache
from http import HTTPStatus
from secrets import token_hex

from msgspec import Struct, json

from bot import fanning, presenting
from bot.api import callers
from bot.api.callers import Caller
from bot.api.errors import RefusedError
from bot.api.extending import Asked, Extra
from bot.api.parts import Parts
from bot.api.requests import parsed
from bot.app import App
from bot.settings import Settings
from integrations.http import JSON, Reply, one
from rag_core.domain import SourceName
from rag_core.errors import AlreadyRunningError, RejectedError
from rag_core.runs import RunId

CHANNEL = "ingest"
HEADERS = {"Content-Type": JSON}


class Ingest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which source is to be read again."""

    source: str
    full: bool = False
    agreed: bool = False


def routes(settings: Settings, parts: Parts) -> list[Extra]:
    app = parts if isinstance(parts, App) else App(settings)
    known = cache(lambda: callers.load(settings))  # once there is a request

    def begin(asked: Asked) -> Reply:
        caller = _allowed(known().identify(_key(asked)))
        wanted = parsed(asked.body, Ingest)
        source = _named(caller, wanted.source)
        try:
            run = RunId(token_hex(8))
            begun = fanning.begin(app, source, caller.person, run, full=wanted.full, agreed=wanted.agreed)
        except AlreadyRunningError as error:
            raise RefusedError(HTTPStatus.CONFLICT, "already_running", str(error)) from error
        except RejectedError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", str(error)) from error
        body = json.encode({"run": run, "source": source, "state": begun.state}).decode()
        return Reply(HTTPStatus.ACCEPTED, body, HEADERS, job=run)

    def tell(asked: Asked) -> Reply:
        source = _named(_allowed(known().identify(_key(asked))), asked.named["source"])
        runs = [presenting.record(run) for run in app.runs.history(source)[:10]]
        return Reply(HTTPStatus.OK, json.encode({"source": source, "runs": runs}).decode(), HEADERS)

    return [Extra("POST", "/ingest", CHANNEL, begin), Extra("GET", "/ingest/<source>", CHANNEL, tell)]


def _allowed(caller: Caller) -> Caller:
    if not caller.ingest:
        raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "this key may not begin ingestions")
    return caller


def _named(caller: Caller, source: str) -> SourceName:
    name = SourceName(source)
    if caller.sources is not None and name not in caller.sources:
        raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "this key may not ingest that source")
    return name


def _key(asked: Asked) -> str:
    kind, _, key = one(asked.headers, "authorization").partition(" ")
    return key.strip() if kind.lower() == "bearer" else one(asked.headers, "x-api-key").strip()
