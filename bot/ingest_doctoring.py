"""Whether what many workers ingest with is there: their queue, what they stage in, the recognition of scanned pages.

Nothing is paid: a page is recognised by the first run that has one.
"""

from collections.abc import Callable, Iterator
from secrets import token_hex

from bot import aws_doctoring, fanning, recognition
from bot.app import App
from bot.settings import Settings
from rag_core.errors import UnavailableError

HERE = b"here"


def checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    """Those that the settings ask for, by name."""
    settings = app.settings
    if settings.ingest_queue_url:
        yield "ingest queue", lambda: aws_doctoring.queue(settings, "ingest_queue_url")
    if settings.staging_bucket:
        yield "staging bucket", lambda: _staging(settings)
    if settings.textract:
        yield "text recognition", lambda: _recognition(settings)


def _staging(settings: Settings) -> str:
    """What a worker does."""
    staging, run = fanning.staging(settings), f"doctor-{token_hex(8)}"
    staging.put(run, "doctor", HERE)
    found = staging.get(run, "doctor")
    staging.remove(run)
    if found != HERE:
        raise UnavailableError(f"the bucket {settings.staging_bucket} does not give back what it was given: try again")
    return f"{settings.staging_bucket} keeps, gives back and can be emptied"


def _recognition(settings: Settings) -> str:
    made = recognition.recognizer(settings)
    if made is None:
        return "none"
    made.reach()
    return "Textract can be asked, and its bucket used; whether it may tell its topic shows with the first scanned page"
