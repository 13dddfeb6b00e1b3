"""What a caller may send: validation, messages and JSON schema from one definition.

An unknown field is refused by its name: a misspelt `audience` must not mean the default. Of a name that stands twice
the last counts, as in every common parser.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from msgspec import DecodeError, Meta, Struct, ValidationError, field, json

from bot.api.errors import RefusedError, bad
from rag_core.answering import LONGEST
from rag_core.domain import LONGEST_COMMENT, REASONS, Audience

LARGEST = 32 * 1024  # bytes of a body
PLACE = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)
TYPES = re.compile(r"(?<=xpected )`[a-z |]+`|(?<=got )`[a-z |]+`")  # "Expected `str | null`, got `int`"
NAMES = {
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
}

Request = TypeVar("Request", bound=Struct)


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """A question."""

    query: Annotated[str, Meta(min_length=1, max_length=LONGEST, description="The question, in the reader's words.")]
    audience: Annotated[
        Audience | None, Meta(description="Whose documents may be used; by default the narrowest the key may ask for.")
    ] = None
    follow_up: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="The question_id of the answer this question follows up on."),
    ] = None
    later: Annotated[bool, Meta(description="True: answer later; the reply is 202 with the question_id.")] = field(
        default=False, name="async"
    )


class Opinion(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person thought of an answer; a later one of the same person replaces it."""

    helpful: bool
    reason: Annotated[str, Meta(max_length=40, description=f"Why it did not help: {', '.join(REASONS)}.")] = ""
    comment: Annotated[str, Meta(max_length=LONGEST_COMMENT)] = ""
    person: Annotated[
        str, Meta(max_length=200, description="Who says so, by a name of the caller's own; one rating a person.")
    ] = ""


def decode(body: str | None, encoded: bool, kind: type[Request]) -> Request:
    """Raises RefusedError: 400 that names the field, or 413."""
    return parsed(_bytes(body or "", encoded), kind)


def parsed(raw: bytes, kind: type[Request]) -> Request:
    """Raises as `decode` does."""
    if len(raw) > LARGEST:
        message = f"a body has at most {LARGEST:,} bytes"
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", message)
    if not raw.strip():
        raise bad("the body is empty: send a JSON object")
    try:
        return json.decode(raw, type=kind)
    except ValidationError as error:
        raise bad(_pointed(str(error))) from None  # not `from error`: it may quote the body
    except UnicodeDecodeError:
        raise bad("the body is not JSON: it is not UTF-8") from None
    except DecodeError as error:
        raise bad(f"the body is not JSON: {error}") from None


def _bytes(body: str, encoded: bool) -> bytes:
    try:
        return b64decode(body, validate=True) if encoded else body.encode()
    except (NotBase64, ValueError):  # a lone surrogate is a ValueError
        raise bad("the body is neither text in UTF-8 nor base64") from None


def _pointed(reason: str) -> str:
    """Msgspec's sentence with the field first, in the words of JSON."""
    found = PLACE.match(reason)
    text, place = (found[1], found[2]) if found else (reason, "")
    text = TYPES.sub(_said, text)
    text = text[:1].lower() + text[1:]
    return f"{place}: {text}" if place else text


def _said(types: re.Match[str]) -> str:
    return " or ".join(NAMES.get(name, name) for name in types.group().strip("`").split(" | "))


def schemas(kinds: tuple[type[Struct], ...]) -> dict[str, Any]:
    """JSON schemas by the kinds' names, and of what they consist of."""
    _, components = json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return dict(components)
