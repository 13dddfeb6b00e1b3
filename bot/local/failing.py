"""What a reader sees when something is wrong: what it is, and what to do."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.local.desk import UnknownError
from bot.local.protecting import HEADERS
from bot.local.streaming import sentence
from bot.local.templating import fill
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError


def _page(status: HTTPStatus, title: str, text: str) -> Response:
    # a 500 is sent from outside the middleware: the headers must be its own
    return HTMLResponse(fill("error.html", title=title, text=text, status=status.value), status, HEADERS)


def _unknown(_request: Request, error: Exception) -> Response:
    return _page(HTTPStatus.NOT_FOUND, "Not found", sentence(error))


def _rejected(_request: Request, error: Exception) -> Response:
    return _page(HTTPStatus.UNPROCESSABLE_ENTITY, "This cannot be done", sentence(error))


def _unavailable(_request: Request, error: Exception) -> Response:
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, "Not now", sentence(error))


def _misconfigured(_request: Request, error: Exception) -> Response:
    return _page(HTTPStatus.SERVICE_UNAVAILABLE, "Something must be set up first", sentence(error))


def _http(_request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    text = "There is no page at this address." if status is HTTPStatus.NOT_FOUND else f"{status.phrase}."
    return _page(status, "Not found" if status is HTTPStatus.NOT_FOUND else "This cannot be done", text)


def _unexpected(_request: Request, _error: Exception) -> Response:
    text = "Something went wrong here; the terminal says what."
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of this program", text)


HANDLERS: Mapping[Any, Callable[[Request, Exception], Response]] = {
    UnknownError: _unknown,
    RejectedError: _rejected,
    UnavailableError: _unavailable,
    MisconfiguredError: _misconfigured,
    HTTPException: _http,
    Exception: _unexpected,
}
