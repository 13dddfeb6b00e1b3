"""What an operator sees of a request: one log line, its metrics, a trace if wished.

Only fields on the list get out: no question, no answer, no comment, no key. What an error says is shown where it is
one of ours, whose messages quote no customer text, and held back if it does so all the same.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, wraps
from typing import IO, TYPE_CHECKING, Any, ParamSpec

from bot import lines
from bot.metrics import FAILED, METRICS, NAMESPACE, camel, counted
from rag_core.errors import MisconfiguredError, UnavailableError

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger

    from rag_core.domain import Acceptance, Answer, AnswerRecord, QuestionId, Rating
    from rag_core.runs import RunRecord

Given = ParamSpec("Given")
SERVICE = "supportbot"
FIELDS = frozenset(
    {
        *("request_id", "question_id", "message_id", "received", "caller", "channel", "route", "status", "code"),
        *(
            "job_id",
            "run_id",
            "document_id",
            "kind",
            "helpful",
            "reason",
            "changed",
            "sources",
            "use",
            "kept",
            "shadow",
        ),
        *("outcome", "cached", "degraded", "guarded", "citations", "complete", "ms", "first_ms", "stages_ms", "tokens"),
        *(
            "cost_usd",
            "wait_ms",
            "state",
            "source",
            "written",
            "removed",
            "failures",
            "chunks",
            "seconds",
            "shadow",
            "verdict",
        ),
        *("day", "services", "error", "error_message", "frames"),
    }
)
WITHHELD = "(withheld: it quotes what was asked)"
LOUD = (
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "opensearch",
    "urllib3",
)  # below a warning they show whole requests
LONGEST = 300  # characters of an error's message
QUOTED = 12  # characters in a row that make a quotation
FRAMES = 8

BOUND: ContextVar[Mapping[str, "Value"]] = ContextVar("BOUND", default={})  # noqa: B039 - never changed

Value = str | int | float | bool | None | Sequence[str] | Mapping[str, float]


def _harmless(tell: Callable[Given, None]) -> Callable[Given, None]:
    """What cannot be told is no reason to lose an answer."""

    @wraps(tell)
    def told(*args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception as error:  # noqa: BLE001
            print(f"telemetry failed: {type(error).__name__}", file=sys.stderr)

    return told


class Telemetry:
    """One logger, one set of metrics, made when they are first used.

    `tenant`: whose, where several share an account. `plain`: without Powertools. `metrics`: False where nobody reads
    them, as on a terminal.
    """

    def __init__(
        self,
        tenant: str = "default",
        *,
        stream: IO[str] | None = None,
        tracing: bool = False,
        plain: bool = False,
        metrics: bool = True,
    ) -> None:
        self._service, self._stream, self._tracing, self._plain = f"{SERVICE}-{tenant}", stream, tracing, plain
        self._counting, self._metrics = metrics, lines.Metrics(NAMESPACE, {"service": self._service})
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.WARNING)

    @cached_property
    def _logger(self) -> "Logger | lines.Lines":
        if self._plain:
            return lines.Lines(self._service, self._stream)
        from aws_lambda_powertools.logging import Logger

        return Logger(service=self._service, stream=self._stream, location=None)

    @contextmanager
    def about(self, **fields: Value) -> Iterator[None]:
        """While it lasts every line of this thread says so: whose job it is that something happens in."""
        token = BOUND.set({**BOUND.get(), **fields})
        try:
            yield
        finally:
            BOUND.reset(token)

    @_harmless
    def log(self, event: str, **fields: Value) -> None:
        """`event` is a constant; with a field that is not on the list nothing is written."""
        self._logger.info(event, extra=_listed({**BOUND.get(), **fields}))

    @_harmless
    def failed(self, event: str, error: BaseException, quoting: Sequence[str] = (), **fields: Value) -> None:
        """What went wrong and where; `quoting` is the customer text that the message must not hold."""
        self._logger.error(event, extra=_listed({**BOUND.get(), **described(error, quoting), **fields}))

    @_harmless
    def answered(self, answer: "Answer", *, channel: str, **fields: Value) -> None:
        """One line and the metrics of an answer."""
        usage = answer.usage
        tokens = {"input": sum(u.input_tokens for u in usage), "output": sum(u.output_tokens for u in usage)}
        self.log(
            "answered",
            question_id=answer.question_id,
            channel=channel,
            outcome=answer.outcome.value,
            cached=answer.cached.value if answer.cached else None,
            degraded=answer.degraded,
            first_ms=answer.first_ms,
            stages_ms=dict(answer.timings_ms),
            tokens=tokens if usage else None,
            cost_usd=round(sum(u.cost_usd for u in usage), 6) if usage else None,
            guarded=dict(answer.guarded),
            citations=len(answer.citations),
            complete=answer.complete,
            **fields,
        )
        self._count("Questions", 1, Channel=channel, Status=answer.outcome.value)
        for name, value in counted(answer):
            self._count(name, value)

    @_harmless
    def unanswered(
        self, question_id: "QuestionId", error: BaseException, quoting: Sequence[str] = (), *, channel: str
    ) -> None:
        """A question that failed for good."""
        self.failed("question failed", error, quoting, question_id=question_id, channel=channel)
        self._count("Questions", 1, Channel=channel, Status=FAILED)

    @_harmless
    def ended(self, status: int, ms: float, **fields: Value) -> None:
        """A request; the last that is said of it. API Gateway counts them, for nothing; but not who is over a quota."""
        self.log("request", status=status, ms=round(ms, 1), **fields)
        if status == 429:
            self._count("OverQuota", 1)

    @_harmless
    def rated(self, rating: "Rating", of: "AnswerRecord") -> None:
        """A verdict, and its metrics by channel and by each source that the answer stood on.

        `of` is the record before it: who says again what was said, or gives a reason for it, is not counted again.
        """
        former = next((each for each in of.ratings if each.person == rating.person), None)
        channel, sources = of.question.channel, sorted({citation.source for citation in of.citations})
        self.log(
            "rated",
            question_id=rating.question_id,
            channel=channel,
            helpful=rating.helpful,
            verdict="helpful" if rating.helpful else "not_helpful",  # Logs Insights has no booleans
            reason=rating.reason,
            changed=former is not None and former.helpful != rating.helpful,
            sources=sources,
        )
        if former is not None and former.helpful == rating.helpful:
            return
        for name, value in (("Helpful", rating.helpful), ("NotHelpful", not rating.helpful)):
            self._count(name, value, Channel=channel)
            for source in sources:
                self._count(name, value, Source=source)
        self.flush()

    @_harmless
    def accepted(self, acceptance: "Acceptance", *, channel: str) -> None:
        """What was sent where there was a draft, and its metrics by channel; of a draft nobody saw, its line alone."""
        self.log(
            "accepted",
            question_id=acceptance.question_id,
            channel=channel,
            use=acceptance.use.value,
            kept=round(acceptance.kept, 3),
            shadow=acceptance.shadow,
        )
        if not acceptance.shadow:
            self._count(f"Drafts{camel(acceptance.use.value)}", 1)
            self.flush()

    @_harmless
    def job(self, ended: str, wait_ms: float | None = None) -> None:
        """`ended` is Done or Failed; `wait_ms`: how long it lay in the queue."""
        self._count(f"Jobs{ended}", 1)
        if wait_ms is not None:
            self._count("LatencyWait", wait_ms)

    @_harmless
    def ran(self, run: "RunRecord") -> None:
        """An ingestion that has ended: its line and its metrics."""
        done, seconds = run.result, None if run.took is None else run.took.total_seconds()
        counts = {"written": done.written, "removed": done.removed, "chunks": done.chunks} if done else {}
        told = {"run_id": run.id, "source": run.source, "state": run.state.value, "failures": run.failed}
        self.log("ingested", **told, **counts, seconds=seconds)
        self._count(f"Runs{camel(run.state.value)}", 1)
        self._count("DocumentsFailed", run.failed)
        if done:
            self._count("DocumentsWritten", done.written)
            self._count("DocumentsRemoved", done.removed)
        self.flush()

    @_harmless
    def knowledge(self, age: float) -> None:
        """Seconds since the index was last brought up to date."""
        self._count("KnowledgeAge", age)

    @_harmless
    def flush(self) -> None:
        """Metrics as lines in the embedded metric format."""
        self._metrics.flush()

    @contextmanager
    def traced(self, name: str) -> Iterator[dict[str, str | int | float]]:
        """A subsegment with the annotations that are put in; nothing may raise inside: X-Ray keeps an error's text."""
        annotations: dict[str, str | int | float] = {}
        tracer = self._tracer
        if tracer is None:
            yield annotations
            return
        with tracer.provider.in_subsegment(name=f"## {name}"):
            yield annotations
            for key, value in annotations.items():
                tracer.put_annotation(key=key, value=value)

    @cached_property
    def _tracer(self) -> Any:
        if not self._tracing:
            return None
        try:
            from aws_lambda_powertools.tracing import Tracer

            return Tracer(service=self._service, auto_patch=False)  # patched clients would show more than we do
        except ImportError:
            print("telemetry failed: tracing needs aws-xray-sdk", file=sys.stderr)
            return None

    def _count(self, name: str, value: float, **dimensions: str) -> None:
        """Raises KeyError for a metric, or dimensions of it, that is not on the list."""
        if self._counting:
            metric = METRICS[name]
            self._metrics.add(name, metric.unit, float(value), dimensions, metric.sets(dimensions))


def _listed(fields: Mapping[str, Value]) -> dict[str, Value]:
    if unlisted := fields.keys() - FIELDS:
        raise KeyError(f"not for a log: {', '.join(sorted(unlisted))}")
    return {name: value for name, value in fields.items() if value not in (None, "", (), {})}


def described(error: BaseException, quoting: Sequence[str] = ()) -> dict[str, Value]:
    """Its kind, the way to it, and what it says if that is ours to say."""
    cause = error.__cause__ or error.__context__
    names = [type(error).__name__, *([type(cause).__name__] if cause else [])]
    frames = [f"{f.filename.rpartition('/')[2]}:{f.lineno}:{f.name}" for f in traceback.extract_tb(error.__traceback__)]
    told: dict[str, Value] = {"error": " < ".join(names), "frames": frames[-FRAMES:]}
    if isinstance(error, UnavailableError | MisconfiguredError):
        told["error_message"] = _held_back(str(error), quoting)
    return told


def _held_back(message: str, quoting: Sequence[str]) -> str:
    """Whole or not at all: a mask leaves what it does not know."""
    for text in filter(None, quoting):
        length = min(QUOTED, len(text))
        if any(text[at : at + length] in message for at in range(len(text) - length + 1)):
            return WITHHELD
    return message[:LONGEST]
