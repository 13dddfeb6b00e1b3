"""The playground: ask, read, open a source, rate, follow up, see why.

Every page works without JavaScript; with it, POST /answers is asked for an event stream instead of a redirect.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from secrets import token_hex

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.app import App
from bot.local import failing, protecting, reportpage
from bot.local.asking import READERS, Asked, audience, read
from bot.local.desk import FORM, Desk, follow_up
from bot.local.slackview.opening import Door
from bot.local.slackview.pages import routes as slack_routes
from bot.local.sourcing import parts
from bot.local.streaming import events, sentence
from bot.local.templating import STATIC, fill
from bot.local.zendeskview.opening import Door as ZendeskDoor
from bot.local.zendeskview.pages import routes as zendesk_routes
from rag_core.domain import DocumentId, PersonId, QuestionId, SourceName
from rag_core.errors import RejectedError

STREAM = "text/event-stream"
VERDICTS = ("helpful", "not-helpful")
COOKIE = "reader"  # a random id, so that one person has one vote
READER = re.compile(r"[0-9a-f]{32}")


def create(app: App, examples: Sequence[str] = ()) -> Starlette:
    """The playground as an ASGI application."""
    desk = Desk(app, examples)
    pages, door, account = Pages(desk), Door(app, desk.documents), ZendeskDoor(app, desk.documents)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(door.close)
        await run_in_threadpool(account.close)

    routes = [
        Route("/", pages.start),
        Route("/answers", pages.ask, methods=["POST"]),
        Route("/answers/{id}", pages.answer),
        Route("/answers/{id}/rating", pages.rate, methods=["POST"]),
        Route("/documents/{id:path}", pages.document),
        Route("/report", pages.report),
        *slack_routes(door, examples),
        *zendesk_routes(account, examples),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=routes, middleware=protecting.middleware(), exception_handlers=failing.HANDLERS, lifespan=lifespan
    )


class Pages:
    """The endpoints; those that are not async run in a thread each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def start(self, request: Request) -> Response:
        return self._start(Asked(audience=audience(request.query_params.get("audience"))))

    async def ask(self, request: Request) -> Response:
        async with request.form() as form:
            asked = read(form)
        reader = _reader(request) or new_reader()
        if STREAM in request.headers.get("accept", ""):
            told = events(lambda emit: self._desk.tell(asked, reader, emit))
            return _known(StreamingResponse(told, media_type=STREAM, headers={"Cache-Control": "no-store"}), reader)
        try:
            answer = await run_in_threadpool(self._desk.ask, asked, reader)
        except RejectedError as error:
            return await run_in_threadpool(self._refused, request, asked, error)
        return _known(RedirectResponse(f"/answers/{answer}", HTTPStatus.SEE_OTHER), reader)

    def answer(self, request: Request) -> Response:
        question = QuestionId(request.path_params["id"])
        return self._conversation(question, _reader(request))

    async def rate(self, request: Request) -> Response:
        question, reader = QuestionId(request.path_params["id"]), _reader(request) or new_reader()
        async with request.form() as form:
            given = {name: str(form.get(name, "")).replace("\r\n", "\n") for name in ("verdict", "reason", "comment")}
        if given["verdict"] not in VERDICTS:
            raise RejectedError("a rating says helpful or not-helpful")
        helpful = given["verdict"] == "helpful"
        await run_in_threadpool(
            self._desk.rate, question, reader, helpful=helpful, reason=given["reason"], comment=given["comment"]
        )
        return _known(RedirectResponse(f"/answers/{question}#rating-{question}", HTTPStatus.SEE_OTHER), reader)

    def document(self, request: Request) -> Response:
        query = request.query_params
        reader, answer = audience(query.get("audience")), query.get("answer", "")
        chunks = self._desk.document(SourceName(query.get("in", "")), DocumentId(request.path_params["id"]), reader)
        citation = self._desk.citation(answer, _number(query.get("source"))) if answer else None
        found = parts(chunks, citation, _number(query.get("passage")))
        return _page(
            "document.html",
            document=chunks[0].document,
            parts=found,
            answer=answer if citation else None,
            lost=bool(citation and citation.quote) and not any(part.marked for part in found),
            reader=READERS[reader][0],
        )

    def report(self, _request: Request) -> Response:
        page = reportpage.page(self._desk.report(), inside=True)
        policy = protecting.POLICY.format(style=f"style-src '{reportpage.style_hash()}'")
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    def _start(self, asked: Asked, problem: str = "") -> Response:
        documents = self._desk.documents()
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        return _page(
            "start.html",
            status,
            asked=asked,
            problem=problem,
            documents=documents,
            examples=self._desk.examples,
            home=self._desk.app.home,
            **FORM,
        )

    def _conversation(
        self, question: QuestionId, reader: PersonId | None, asked: Asked | None = None, problem: str = ""
    ) -> Response:
        turns = self._desk.conversation(question, reader)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        return _page("answer.html", status, turns=turns, asked=asked or follow_up(turns[-1]), problem=problem, **FORM)

    def _refused(self, request: Request, asked: Asked, error: RejectedError) -> Response:
        """The page again, with what was written and what is wrong with it."""
        if asked.follow_up:
            return self._conversation(asked.follow_up, _reader(request), asked, sentence(error))
        return self._start(asked, sentence(error))


def new_reader() -> PersonId:
    return PersonId(token_hex(16))


def _reader(request: Request) -> PersonId | None:
    value = request.cookies.get(COOKIE, "")
    return PersonId(value) if READER.fullmatch(value) else None


def _known(response: Response, reader: PersonId) -> Response:
    """Only forms set the cookie: a visit from another site comes without it, and must not replace it."""
    response.set_cookie(COOKIE, reader, max_age=365 * 24 * 3600, httponly=True, samesite="strict")
    return response


def _page(template: str, status: int = HTTPStatus.OK, **values: object) -> HTMLResponse:
    return HTMLResponse(fill(template, **values), status)


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else -1
