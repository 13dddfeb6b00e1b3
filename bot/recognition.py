"""Text recognition as SUPPORTBOT_TEXTRACT states it; nothing is recognised where it is not set."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from bot.settings import Settings, wrong
from rag_core.errors import RejectedError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.ports import Records

if TYPE_CHECKING:
    from rag_core.backends.textract.recognizing import TextractRecognizer
    from rag_core.recognizing import Recognition

OVER = "recognised"  # of a job: which recognition is over
FORM = (
    'it reads {"bucket": ..., "topic": "arn:aws:sns:...", "role": "arn:aws:iam::..."}, also with page_price and '
    "ask_above in USD (docs/ingesting.md)"
)


class Textract(Struct, frozen=True, forbid_unknown_fields=True):
    """`bucket` holds what is being read, `topic` is where Textract says that it is done, by its `role`."""

    bucket: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    topic: Annotated[str, Meta(pattern=r"^arn:aws[a-z-]*:sns:")]
    role: Annotated[str, Meta(pattern=r"^arn:aws[a-z-]*:iam::")]
    page_price: Annotated[float, Meta(ge=0)] = (
        0.019  # USD, of tables and layout: https://aws.amazon.com/textract/pricing
    )
    ask_above: Annotated[float, Meta(ge=0)] = 10.0  # USD of one run


def stated(settings: Settings) -> Textract | None:
    """Raises MisconfiguredError."""
    text = settings.textract.strip()
    if not text:
        return None
    try:
        return msgspec.json.decode(text if text.startswith("{") else Path(text).read_bytes(), type=Textract)
    except (OSError, msgspec.DecodeError) as error:
        raise wrong("textract", f"{error}; {FORM}") from error


def over(body: str) -> Job | None:
    """Textract's word that a recognition is over, as a job; None for any other message."""
    from rag_core.backends.textract.completing import completed

    try:
        found, key = completed(body)
    except RejectedError:
        return None
    return Job(JobId(f"recognised-{found}"), JobKind.RUN, datetime.now(UTC), {OVER: found, "key": key})


def recognition(settings: Settings, records: Records) -> "Recognition | None":
    """None where pages without a text layer are not recognised."""
    found, made = stated(settings), recognizer(settings)
    if found is None or made is None:
        return None
    from rag_core.recognizing import Recognition

    return Recognition(made, records, price=found.page_price, ask_above=found.ask_above)


def recognizer(settings: Settings) -> "TextractRecognizer | None":
    found = stated(settings)
    if found is None:
        return None
    from rag_core.backends.textract.recognizing import Channel, TextractRecognizer

    url = settings.aws_url or None
    return TextractRecognizer(
        Channel(settings.region, found.bucket, found.topic, found.role, endpoint_url=url, s3_url=url)
    )
