"""Every port of the core.

A Protocol's docstring is the contract; an implementation says only what differs. All may raise UnavailableError.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol, Self

from rag_core.billing import Bill
from rag_core.domain import (
    NEVER,
    Acceptance,
    Answer,
    AnswerRecord,
    Audience,
    Chunk,
    Deadline,
    Declined,
    Document,
    DocumentId,
    Draft,
    Fingerprint,
    Found,
    IndexVersion,
    Passage,
    PersonId,
    Question,
    QuestionId,
    Rating,
    Record,
    SourceName,
    Statement,
    Usage,
    Vector,
)
from rag_core.jobs import Job
from rag_core.runs import Build, SourceItem, Standing
from rag_core.scans import RecognitionId, Recognized, Scan
from rag_core.tallies import Tally

OnStatement = Callable[[Statement], None]
OnEmbedded = Callable[[int, int], None]  # chunks that have their vector, of how many that lacked one
OnListed = Callable[[int, int], None]  # how much of a source has been looked through, of how much there seems to be


class Embedder(Protocol):
    """Text to unit vectors; the same text always gives the same vector, whatever it is embedded with."""

    @property
    def name(self) -> str:
        """Identifies the vector space: model, dimensions and precision. Vectors of different names must never meet."""

    @property
    def dimensions(self) -> int:
        """The length of every vector."""

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector: ...

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, or an error: none is lost. Batches and waits are the embedder's own affair."""


class Retriever(Protocol):
    """Finds passages by words and by meaning, over one consistent version of the index."""

    def search(
        self,
        text: str,
        vector: Vector | None,
        *,
        audience: Audience,
        limit: int,
        sources: Collection[SourceName] | None = None,
        deadline: Deadline = NEVER,
    ) -> Found:
        """The best passages first, none that `audience` may not read or of a source not in `sources`.

        Both legs are filtered before they search. Without `vector` the search is lexical; a text without words then
        finds nothing. Raises MisconfiguredError when there is no index, or the vector is not of its space.
        """

    def document(self, source: SourceName, document_id: DocumentId, *, audience: Audience) -> list[Chunk]:
        """A document's chunks in order; none where there is no such document that `audience` may read."""

    def sources(self, *, audience: Audience | None = None) -> Mapping[SourceName, int]:
        """How many documents of each source answer; with `audience` those that it may read, and no source of none."""

    def document_ids(self) -> Collection[DocumentId]:
        """Of every document that answers, whatever its source."""

    @property
    def version(self) -> IndexVersion:
        """Of the index that a search would now be made in. Raises MisconfiguredError when there is none."""

    @property
    def embedding_model(self) -> str | None:
        """The space the index's vectors are in; None when it is lexical."""


class IndexWriter(Protocol):
    """One run's changes to one source: staged as they come, visible all at once with `commit`, or not at all.

    A context manager, and the only writer of its index until it is closed: a second one raises UnavailableError, at the
    latest when it commits.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    @property
    def embedding_model(self) -> str | None:
        """Of the version that answers now; None when it is lexical or there is none."""

    def versions(self) -> Mapping[DocumentId, Fingerprint]:
        """What this source would hold if the run were committed now; it may include what a run that died staged."""

    def answering(self) -> Mapping[DocumentId, Fingerprint]:
        """What of this source answers questions now."""

    def replace(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Stage a new or changed document with all its chunks. Raises RejectedError for one of another source."""

    def remove(self, ids: Iterable[DocumentId]) -> None:
        """Stage the removal of documents; unknown ids are ignored."""

    def forget(self, only: DocumentId | None = None) -> bool:
        """Stage the removal of the source's documents, or of one, so that with the commit no text of theirs is left.

        At once each version before that holds any is dropped, for no rollback to bring it back; whether there was one.
        """

    def commit(self, embedder: Embedder | None, progress: OnEmbedded = lambda _done, _total: None) -> int:
        """Make the run visible, and give the number of chunks in the index, those of all sources.

        Every chunk that has no vector of the embedder's space gets one first, whatever its source; without an embedder
        the index is lexical from then on.
        """


class AnswerModel(Protocol):
    """Writes a reply from passages and from nothing else."""

    @property
    def name(self) -> str:
        """Changes with whatever changes its replies: model, prompt, parameters."""

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        """A draft, each of whose statements was given to `on_statement` as soon as it had its support.

        What was given stays: when the model fails after its first statement the draft ends there, before it an error is
        raised. A draft without statements is an abstention.
        """


class Reranker(Protocol):
    """Orders passages by a closer look than a search can take at all of them."""

    def rank(self, text: str, passages: Sequence[Passage], *, deadline: Deadline = NEVER) -> list[int]:
        """The indexes of the passages, every one once, the best first."""


class Rewriter(Protocol):
    """Makes a follow-up understandable without the question before it."""

    @property
    def name(self) -> str:
        """Changes with whatever changes what it writes."""

    def rewrite(self, question: Question, *, deadline: Deadline = NEVER) -> str:
        """What to search for. `question.previous` is there."""


class DocumentSource(Protocol):
    """A place documents come from. One of these is made for one run, or for what one worker reads of it."""

    @property
    def name(self) -> SourceName: ...

    @property
    def may_be_empty(self) -> bool:
        """Whether it can be believed when it lists nothing; a folder that lists nothing may be a disk that is away."""

    @property
    def apart(self) -> bool:
        """Whether another of its kind, in another process, reads an item that this one has listed."""

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        """Every document there is now, readable or not: what is missing here was deleted.

        `full`: all of them will be read, so that what is read in bulk can be.
        """

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        """Its content, and a version that changes whenever the content does. Raises OSError, RejectedError.

        Where the item has a version, the one given here does not count.
        """

    def committed(self) -> None:
        """What was listed and read is visible now: where the next run may begin can be noted. Never before."""


class Recognizer(Protocol):
    """Reads pictures of pages, in its own time: nobody waits, it says when it is done."""

    def start(self, scan: Scan, key: str) -> RecognitionId:
        """Once for each `key`, however often it is called: every page costs. 1 to 64 of A-Z, a-z, 0-9, - and _.

        Raises RejectedError for what it does not read.
        """

    def result(self, recognition: RecognitionId) -> Recognized | None:
        """None while it is at it. Raises RejectedError where it could not be read, or is known no more."""

    def forget(self, key: str) -> None:
        """What `start` put somewhere is needed no more."""


class FeedbackLog(Protocol):
    """What was asked and answered, what people thought of it, and what they sent. Unknown questions: RejectedError.

    Made so that a report reads no more than it shows: `tally` is one set of counters a day, kept by every write, and
    `worst` and `declined` are bounded lists, from an index that holds such answers only. Days are UTC. Everything
    counts for the day its question was asked, a rating too, whenever it comes: then shares and lists speak of the same
    answers. A change of mind takes the former one out of that day's counters as it puts the new one in, as an answer
    recorded again does. `answer` gives what was written last; `tally`, `worst` and `declined` may be moments behind. A
    backend may forget answers after a time, but not a day's counters.
    """

    def record_answer(self, question: Question, answer: Answer) -> None:
        """Keep the answer; asked again it replaces all but when it was asked, its ratings and its acceptance."""

    def record_rating(self, rating: Rating) -> None:
        """Keep one rating a person and answer; the newest counts."""

    def record_acceptance(self, acceptance: Acceptance) -> None:
        """Keep one acceptance an answer; the newest counts. No text is kept of what was sent."""

    def answer(self, question_id: QuestionId) -> AnswerRecord: ...

    def tally(self, since: date | None = None) -> list[Tally]:
        """The days from `since` on that have questions, oldest first."""

    def usage(self, since: date | None = None) -> Mapping[date, Sequence[Usage]]:
        """What the answers of each day took of metered models, one sum a model; no day that took nothing."""

    def worst(self, since: date | None = None, *, limit: int) -> list[AnswerRecord]:
        """Answered questions somebody found not helpful: by how many did, then the newest first; with every rating."""

    def declined(self, since: date | None = None, *, limit: int) -> list[Declined]:
        """Questions that were not answered, newest first."""

    def every(self) -> Iterator[AnswerRecord]:
        """All answers, in no order. It reads everything there is: for what is done once in a while."""

    def forget(self, question_id: QuestionId) -> None:
        """The answer is unknown from now on, and every text and name with it; its day's counters stay.

        Unknown ones are ignored.
        """

    def forget_rater(self, question_id: QuestionId, person: PersonId) -> None:
        """A rating's comment and whose it is are gone, its verdict counts. Unknown ones are ignored."""


class Bills(Protocol):
    """What the account was charged."""

    def by_day(self, first: date, last: date) -> Mapping[date, Bill]:
        """Of each UTC day that has charges, both ends counted. Raises MisconfiguredError."""


class Cache(Protocol):
    """Bytes by key, for a time.

    Never raises and never keeps an answer waiting: what is down, slow, evicted, expired or damaged is a miss. Keys hold
    no customer text. Those that share a part in {braces} lie together and cost one round trip.
    """

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The value of each key, in order; None is a miss."""

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None:
        """Keep each value under its key; all, some or none of them, where the cache is down."""

    def add(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Put where nothing is; False only when something is there. Where that cannot be told it is True."""

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None:
        """Forget the keys; with `holding` only those that hold this value, each in one step."""

    def append(self, name: str, value: bytes, *, longest: int, ttl: timedelta) -> None:
        """Put at the end of a series, which then lives for `ttl` and loses its oldest values beyond about `longest`."""

    def read(self, name: str, *, after: str = "", most: int = 1000) -> list[tuple[str, bytes]]:
        """The first values of a series behind the mark `after`, oldest first, each with its mark.

        A mark is good for as long as the series: one that was lost and begun anew is read on from where it is.
        """


class Budget(Protocol):
    """Token buckets that all processes share, so that together they keep to a rate.

    Never raises and never keeps a caller waiting. Where the others cannot be asked a bucket of this process alone
    decides, which is as large: an outage is no lid taken off. Names hold no customer text; those that share a part in
    {braces} lie together.
    """

    def take(self, name: str, *, rate: float, burst: int) -> float:
        """0 when a token was taken, else the seconds until there may be one: none is reserved meanwhile.

        A bucket holds `burst` tokens and gets `rate` a second: in any time t it gives at most burst + rate * t.
        """


class Claims(Protocol):
    """Who may act on a key. Not a cache: a claim must survive eviction and restarts. Keys hold no customer text."""

    def claim(self, key: str, *, ttl: timedelta, owner: str = "") -> bool:
        """True for exactly one caller a key until `ttl` has passed or the claim is released.

        `ttl` counts from the claim that won; one that lost does not prolong it. Raises UnavailableError when it cannot
        be told: never guess, the caller retries. Such a call may have won all the same: a caller that comes again with
        its former `owner`, a name of its own, is told so, and holds the claim for `ttl` from then. Without one every
        call is another's.
        """

    def release(self, key: str, *, owner: str = "") -> None:
        """Give a claim back whose work was not done; unknown keys are ignored. Raises UnavailableError.

        With `owner` only its own: another's, which began after that one's end, stays.
        """


class Records(Protocol):
    """Small facts that outlive a process, at most 300 kB each (RejectedError). Keys hold no customer text.

    A group is listed as a whole, so it is small: the turns of a thread, the channels of a workspace.
    """

    def get(self, group: str, name: str) -> Record | None: ...

    def put(self, group: str, name: str, value: bytes, *, ttl: timedelta | None = None) -> None: ...

    def change(self, group: str, name: str, value: bytes, *, seen: Record | None, ttl: timedelta | None = None) -> bool:
        """Put where the record still is what was seen, None being its absence; False where it is not."""

    def remove(self, group: str, name: str) -> None: ...

    def list(self, group: str, *, limit: int = 1000) -> list[tuple[str, Record]]:
        """The first of a group, by name."""

    def every(self, beginning: str) -> Iterator[tuple[str, str, Record]]:
        """Group, name and record of all groups whose name begins so, in no order.

        It reads everything there is: for what is done once in a while.
        """


class JobQueue(Protocol):
    """Work for later, delivered at least once and in no order: whoever does it claims the job's id first."""

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        """Once it returns the job is delivered, whatever becomes of the sender; in a process, while that lives.

        Raises UnavailableError when the job was not taken or that cannot be told, so that it may be delivered all the
        same; RejectedError for one that is too large or carries a url: a message names where things are by ids.
        """


class Staging(Protocol):
    """What a run has made and not shown yet: bytes by name, which any worker reads that any other wrote.

    A name is written again with the same meaning only; a run's own id keeps it apart from others.
    """

    def put(self, run: str, name: str, content: bytes) -> None:
        """Whole or not at all."""

    def get(self, run: str, name: str) -> bytes | None:
        """None where nothing was put, or the run was removed."""

    def remove(self, run: str) -> None:
        """All of a run; what is not there is ignored."""


class Countdown(Protocol):
    """Units of work that many do at once, each counted once however often it is done. Counts end after two weeks."""

    def done(self, name: str, unit: int, *, of: int, note: bytes = b"") -> bool:
        """Count the unit, from 0 to `of` - 1; whether all are done now.

        The note of the first time stays. Whoever dies does so before or after: done again, it is counted once, and
        is told of the end as whoever completed it was, so that nothing behind it is left out.
        """

    def note(self, name: str, unit: int) -> bytes | None:
        """None: it was not done."""

    def notes(self, name: str) -> Mapping[int, bytes]: ...

    def count(self, name: str) -> int:
        """How many are done: for a person, and cheap."""


class Assembly(Protocol):
    """The next version of an index, put together by many workers: each part as often as it is delivered.

    What is written twice is found and taken out by `check`, before anybody can see it.
    """

    def standing(self, source: SourceName) -> Standing: ...

    def named(self) -> str:
        """Of a version to come; no two are alike."""

    def open(self, build: Build) -> None:
        """Make it, empty; once more is the same."""

    def load(
        self,
        build: Build,
        documents: Sequence[tuple[Document, int]],
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
    ) -> None:
        """Documents, each with how many chunks it has, and chunks with their vectors: none where it is lexical."""

    def copy(self, build: Build, part: int, embedder: Embedder | None) -> None:
        """One part of what stays; `embedder` is asked where its vectors are of another model."""

    def check(self, build: Build) -> None:
        """Every entry is there once, and some are found by their own words and vectors. Raises UnavailableError."""

    def publish(self, build: Build) -> None:
        """It answers, and the one before is kept. Once more is the same.

        Raises UnavailableError when another version than `build.former` answers: nothing is changed then.
        """

    def discard(self, build: Build) -> None: ...

    def before(self) -> str:
        """The version that answered before the present one. Raises RejectedError where none is kept."""

    def bring_back(self, version: str) -> None:
        """The one before answers again, the present one is kept in its place; once more is the same.

        Raises RejectedError where that version is not the one before any more.
        """


class Fanout(Protocol):
    """A queue that takes many jobs at once; as JobQueue, each may be delivered more than once."""

    def send_all(self, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        """`delay`: seconds before which none is delivered. Raises UnavailableError: some may have been taken."""
