"""One of everything that outlives a process: as today's code writes it, and as it must be read ever after."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import date, timedelta

import msgspec
from slack_sdk.oauth.installation_store import Installation

from bot.archiving import FORMAT, Contents, Listed
from bot.remembering import Shared, Stated
from integrations.slack.access import SlackAccess
from integrations.slack.sealing import Seal
from integrations.slack.storing import InstallationRecords
from integrations.slack.turns import State, Turn, Turns
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.noting import Entry, Known, Notes, Page
from integrations.zendesk.redrafts import Redraft, Redrafts
from rag_core.backends.opensearch.entries import ChunkEntry, DocumentEntry, StateEntry
from rag_core.backends.opensearch.target import Space
from rag_core.caching.keeping import Kept, encode
from rag_core.domain import (
    Acceptance,
    Answer,
    Audience,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    QuestionId,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.jobs import Job, JobId, JobKind
from rag_core.ports import Claims, FeedbackLog, Records
from rag_core.recording import Book, Held
from rag_core.runs import Failure, IngestionRun, RunId, RunRecord, RunState
from rag_core.tallies import Tally, Verdicts
from tests.contracts.feedback import whole
from tests.contracts.jobs import INGESTION, job
from tests.making import NOON, SOURCE, answer, chunk, document, passage, question

KEY = urlsafe_b64encode(b"supportbot-tests-only-32-bytes!!").decode()  # opens what the recordings hold and nothing else
KEPT_FOR = timedelta(days=15)
SPENT = Usage("haiku", 100, 20, 5, 1, 0.25)
ASKED = replace(
    question("What does “it” cost?", previous="What is it?"),
    sources=frozenset({SourceName("zendesk")}),
    asked_by=PersonId("slack:T1:U1"),
)
CITED = Citation("Prices", "https://help.example/prices", SOURCE, DocumentId("prices"), "Ten euros.")
GIVEN = replace(answer(ASKED), citations=(CITED,), usage=(SPENT,), complete=False, not_covered="the tax")
RATED = Rating(ASKED.id, PersonId("slack:T1:U2"), helpful=False, rated_at=NOON, reason="wrong", comment="Nine.")
SENT = Acceptance(ASKED.id, Use.EDITED, 0.5, shadow=False, sent_at=NOON)
GAP = question("Who am I?", name="gap")
TURN = Turn("T1", "C1", "1.0", "2.0", ASKED.id, "U1", "1.5", State.DONE, "2.5", ("2.6",), streamed=True, answered=True)
DRAFT = TicketDraft(
    7, 70, ASKED.id, answered=True, shown=True, at=NOON, use=Use.EDITED, greeting="Hi Ada,", sign_off="Bye"
)
REDRAFT = Redraft(QuestionId("gap"), ASKED.id, ASKED.id, "Shorter", ASKED.id)
RESULT = IngestionRun(SOURCE, 1, 2, 3, (Failure("a.pdf", "damaged"),), ("b.zip",), 4, "minilm", 1.5)
RUN = RunRecord(
    RunId("r1"), SOURCE, PersonId("slack:T1:U1"), NOON, True, RunState.DONE, result=RESULT, failed=1, ended=NOON
)
KNOWN = Known(7, 8.5, {1: Entry("2026", (Page("en-us", "Prices", "https://help.example/1", "v1"),))})
INSTALLED = Installation(
    team_id="T1", user_id="U1", bot_token="xoxb-invented", bot_id="B1", bot_user_id="U9", bot_scopes="chat:write"
)
TALLY = Tally(
    NOON.date(),
    {Outcome.ANSWERED: 1, Outcome.NO_EVIDENCE: 1},
    not_helpful={"wrong": 1},
    uses={Use.EDITED: 1},
    kept=0.5,
)


def jobs() -> dict[JobKind, Job]:
    """One of every kind."""
    kinds = {kind: Job(JobId(f"of {kind}"), kind, NOON, {"source": "/docs"}) for kind in JobKind}
    return kinds | {
        JobKind.ANSWER: job(),
        JobKind.INGEST: INGESTION,
        JobKind.SLACK: Job(
            JobId("s1"), JobKind.SLACK, NOON, event=json.dumps({"team_id": "T1", "event": {"ts": "2.0"}})
        ),
        JobKind.ZENDESK: Job(JobId("z1"), JobKind.ZENDESK, NOON, {"ticket": "7"}),
    }


def texts() -> dict[str, bytes]:
    """What lies in an index and in the cache, and at the head of a backup."""
    found = chunk("Ten euros.", document("prices"), "Cost", ordinal=2)
    cached = replace(GIVEN, passages=(passage("Ten euros.", "prices", cosine=0.5),))
    return {
        "index-state": msgspec.json.encode(StateEntry("k", 1, "minilm", 384, Space.COSINE, 3, 2)),
        "index-chunk": msgspec.json.encode(ChunkEntry.of(found, msgspec.Raw(b"[0.5,0.5]"))),
        "index-document": msgspec.json.encode(DocumentEntry.of(document("prices"), 3)),
        "cached-answer": encode(Kept("stem", cached)),
        "backup-contents": msgspec.json.encode(Contents(FORMAT, {"claims.sqlite": Listed(8_192, "c0ffee")})),
    }


def write(log: FeedbackLog, claims: Claims, records: Records) -> None:
    """Everything that is stored."""
    log.record_answer(ASKED, GIVEN)
    log.record_answer(GAP, Answer(GAP.id, Outcome.NO_EVIDENCE, "I don't know.", (), (), 0.1))
    log.record_rating(RATED)
    log.record_acceptance(SENT)
    claims.claim("slack:T1:C1:2.0", ttl=KEPT_FOR, owner="worker")
    Turns(records, claims).begin(TURN)
    Drafts(records, "acme").keep(DRAFT)
    Redrafts(records, "acme").keep(7, REDRAFT)
    Notes(records, "acme").write(KNOWN)
    Shared(records).keep(SOURCE, Stated(Audience.INTERNAL, "https://help.example"))
    Book(records).hold(Held(RUN, NOON), seen=None)
    Book(records).archive(RUN)
    Book(records).brought_up_to_date(NOON, now=NOON)
    InstallationRecords(records, Seal(KEY)).save(INSTALLED)
    value = {"audience": "internal", "sources": ["zendesk"], "automatic": True, "by": "U1", "at": 1.0}
    records.put("slack-channels#T1", "C1", json.dumps(value).encode())


def check(log: FeedbackLog, claims: Claims, records: Records) -> None:
    """That all of it is read as it was meant."""
    record = log.answer(ASKED.id)
    assert record.question == ASKED
    assert (record.text, record.citations, record.ratings, record.acceptance) == (GIVEN.text, (CITED,), (RATED,), SENT)
    assert (record.complete, record.not_covered) == (False, "the tax")
    assert whole(log, date(2026, 1, 1)) == [TALLY]
    assert dict(log.usage()) == {NOON.date(): (SPENT,)}
    assert [each.question.id for each in log.worst(limit=5)] == [ASKED.id]
    assert [each.text for each in log.declined(limit=5)] == [GAP.text]
    assert not claims.claim("slack:T1:C1:2.0", ttl=KEPT_FOR)
    assert claims.claim("slack:T1:C1:2.0", ttl=KEPT_FOR, owner="worker")
    assert Turns(records, claims).of_thread("T1", "C1", "1.0") == [TURN]
    assert Drafts(records, "acme").of(7) == [DRAFT]
    assert Redrafts(records, "acme").latest(7, ASKED.id) == REDRAFT
    assert Notes(records, "acme").read() == KNOWN
    assert Shared(records).of(SOURCE) == Stated(Audience.INTERNAL, "https://help.example")
    assert Book(records).all_latest() == [Held(RUN, NOON)]
    assert Book(records).ended(SOURCE) == [RUN]
    assert Book(records).as_of() == NOON
    installed = InstallationRecords(records, Seal(KEY)).find_installation(enterprise_id=None, team_id="T1")
    assert installed
    assert (installed.bot_token, installed.user_id) == ("xoxb-invented", "U1")
    [settings] = SlackAccess(records).channels("T1")
    assert (settings.channel, settings.audience, settings.automatic) == ("C1", Audience.INTERNAL, True)
    go_on(log)


def go_on(log: FeedbackLog) -> None:
    """Of what the release before has written, more can be said."""
    log.record_rating(replace(RATED, helpful=True, reason=""))
    log.record_answer(replace(ASKED, text="Again?"), GIVEN)
    (tally,) = log.tally()
    assert tally.helpful == 1
    assert tally.rated_in == {ASKED.channel: Verdicts(helpful=1)}
    assert tally.asked_in[ASKED.channel][Outcome.ANSWERED] == 1
    assert log.answer(ASKED.id).question.text == "Again?"
