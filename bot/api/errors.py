"""What went wrong as a status, headers and one JSON body.

A caller is told what it can act upon; what only an operator can, stands in the log under the request's id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil

import msgspec

from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError

SOON = 5  # seconds after which to try again, where the failing part names no time
LONGEST = 300  # characters of a message: it may name a field the caller made up


class RefusedError(RejectedError):
    """A request this API does not take, and the status that says so."""

    def __init__(
        self, status: HTTPStatus, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, dict(headers or {})


class OverdueError(UnavailableError):
    """There is no answer yet, and no time left to wait for one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the caller sees it."""

    status: HTTPStatus
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        error = {"code": self.code, "message": self.message[:LONGEST], "request_id": request_id}
        return msgspec.json.encode({"error": error})


def bad(message: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "bad_request", message)


def unknown() -> RefusedError:
    """The same for what is not there and for what is somebody else's: nobody learns which."""
    return RefusedError(
        HTTPStatus.NOT_FOUND, "not_found", "there is no such answer: take the question_id that POST /query gave"
    )


def problem(error: Exception) -> Problem:
    match error:
        case RefusedError():
            return Problem(error.status, error.code, str(error), error.headers)
        case OverdueError():
            return _later(HTTPStatus.GATEWAY_TIMEOUT, "too_slow", "the answer was not ready in time: ask again", error)
        case UnavailableError():
            message = "a part that is needed for this does not answer now: try again"
            return _later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", message, error)
        case RejectedError() if error.__cause__ is None:
            return Problem(HTTPStatus.BAD_REQUEST, "bad_request", str(error))
        case MisconfiguredError() | RejectedError():  # with a cause: a backend refused what we sent, in its own words
            message = "this service is not set up rightly: tell its operator the request_id"
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "misconfigured", message)
        case _:
            message = "a fault of this service: tell its operator the request_id"
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message)


def _later(status: HTTPStatus, code: str, message: str, error: UnavailableError) -> Problem:
    return Problem(status, code, message, {"Retry-After": str(max(ceil(error.retry_after or SOON), 1))})
