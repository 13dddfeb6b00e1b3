"""The command as a user runs it: a process, its output, its exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.comparing import usd
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.domain import Acceptance, Outcome, Usage, Use
from tests import making
from tests.making import write
from tests.shared import DEMO, shared

NO_TEXT = os.fsdecode(b"\xff")
ASK = ["ask", "anything"]


class Command:
    """`supportbot` on a home of its own, words only."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: object, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = os.environ | {"SUPPORTBOT_HOME": str(self.home), "SUPPORTBOT_EMBEDDING_MODEL": "none"} | environment
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=variables,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def supportbot(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(
        tmp_path / "docs",
        refunds="---\nurl: https://h.example/refunds\n---\n# Refunds\n\nRefunds take thirty days.",
        discounts="---\naudience: internal\n---\n# Discounts\n\nAgents may give a discount of 20 %.",
        spf="# SPF\n\nAn SPF record is a TXT record of the sending domain.",
    )


def test_ask_prints_the_contract(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    answer = json.loads(supportbot("ask", "How long do refunds take?", "--json").stdout)
    assert answer["outcome"] == "answered"
    assert answer["text"] == "Refunds take thirty days. [1]"
    cited = {"title": "Refunds", "url": "https://h.example/refunds#refunds", "document_id": "refunds"}
    assert answer["citations"] == [cited | {"source": str(docs)}]
    assert set(answer["passages"][0]) == {"source", "document_id", "heading", "url", "score", "text"}
    assert 0 <= answer["confidence"] <= 1
    assert answer["timings_ms"]["total"] > 0
    assert answer["question_id"]


def test_audience_is_public_unless_said_otherwise(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    question = "What discount may agents give?"
    assert "20 %" not in supportbot("ask", question, "--json").stdout
    assert "20 %" in supportbot("ask", question, "--json", "--audience", "internal").stdout


def test_ask_rate_and_report(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    shown = supportbot("ask", "How long do refunds take?").stdout
    (name,) = re.findall(r"id (\w+)", shown)
    followed = json.loads(supportbot("ask", "And in which days?", "--follow-up", name, "--json").stdout)
    assert followed["passages"][0]["document_id"] == "refunds"
    supportbot("ask", "zebra giraffe")
    supportbot("rate", name, "helpful", "--as", "ada")
    supportbot("rate", name, "not-helpful", "--reason", "outdated", "--comment", "It is ten.", "--as", "ada")
    report = json.loads(supportbot("report", "--json").stdout)
    assert (report["questions"], report["ratings"], report["helpful_share"]) == (3, 1, 0)
    assert report["worst_answers"][0]["comments"] == ["It is ten."]
    assert ["zebra giraffe"] in [gap["questions"] for gap in report["gaps"]]
    shown = supportbot("report").stdout
    assert "zebra giraffe" in shown
    assert report["channels"] == {"terminal": {"questions": 3, "answered": 2, "helpful": 0, "not_helpful": 1}}
    assert report["sources"] == {str(docs): {"helpful": 0, "not_helpful": 1}}
    assert report["ingestions"] == {str(docs): {"done": 1}}
    assert f"Ingestions of {docs}: 1 done" in shown.replace("\n", "")
    assert re.search(r"terminal\W+3\W+67%\W+1\W+0%", shown)


def test_a_report_of_a_period(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    supportbot("ask", "How long do refunds take?")
    today = datetime.now(UTC).date()
    assert f"{today} to {today} (UTC): 1 questions" in supportbot("report").stdout
    week = f"{today - timedelta(days=6)} to {today} (UTC): 1 questions"
    for arguments in (["--since", "7d"], ["--since", "1w"], ["--days", "7"], ["--since", str(today - timedelta(6))]):
        assert week in supportbot("report", *arguments).stdout


def test_a_report_says_what_agents_sent_where_there_were_drafts(supportbot: Command) -> None:
    with SqliteFeedbackLog(supportbot.home) as log:
        for number, (use, kept, shadow) in enumerate(
            [(Use.AS_IS, 1.0, False), (Use.EDITED, 0.6, False), (Use.UNUSED, 0.0, False), (Use.EDITED, 0.25, True)]
        ):
            asked = making.question("Why?", name=f"q{number}")
            log.record_answer(asked, making.answer(asked))
            if number == 0:
                assert "draft" not in supportbot("report").stdout
            log.record_acceptance(Acceptance(asked.id, use, kept, shadow, making.NOON))
    shown = " ".join(supportbot("report").stdout.split())
    assert "3 drafts compared with what agents sent: 1 used as they were, 1 edited (60% of the draft kept" in shown
    assert "1 not used; 67% used" in shown
    assert (
        "Shadow mode: 1 tickets that agents answered would have had a draft; "
        "agents wrote the same in 0, part of it in 1 (25% of the draft on average), something else in 0" in shown
    )
    told = json.loads(supportbot("report", "--json").stdout)
    assert told["drafts"] == {"compared": 3, "as_is": 1, "edited": 1, "unused": 1, "mean_kept_of_edited": 0.6}
    assert told["shadow"]["mean_kept_of_edited"] == 0.25
    assert "draft" not in supportbot("report", "--since", "1d").stdout


def test_a_report_says_what_an_answered_question_took(supportbot: Command) -> None:
    with SqliteFeedbackLog(supportbot.home) as log:
        for number, outcome in enumerate((Outcome.ANSWERED, Outcome.ANSWERED, Outcome.UNSUPPORTED)):
            asked, used = making.question("Why?", name=f"q{number}"), (Usage("m", 2000, 100, 0, 0, 0.003),)
            log.record_answer(asked, replace(making.answer(asked), outcome=outcome, usage=used))
    assert "took 3,000 tokens, gave 150, and cost 0.00450 USD" in " ".join(supportbot("report").stdout.split())
    told = json.loads(supportbot("report", "--json").stdout)
    assert told["metered_usd"] == pytest.approx(0.009)
    assert told["tokens_per_answer"] == {"input": 3000, "cache_read": 0, "output": 150}


def test_a_report_needs_no_index(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    for question in ("zebra giraffe", "quasar xylophone"):
        supportbot("ask", question)
    shutil.rmtree(supportbot.home / "index")
    for book in supportbot.home.glob("knowledge.sqlite*"):
        book.unlink()
    shown = supportbot("report")
    assert "quasar xylophone" in shown.stdout
    assert "Questions alike in words are counted together" in shown.stdout
    assert shown.stderr == ""


def test_a_report_does_without_the_model_of_the_index(supportbot: Command, docs: Path) -> None:
    model = str(shared("models", "all-MiniLM-L6-v2-int8"))
    supportbot("ingest", docs, SUPPORTBOT_EMBEDDING_MODEL=model)
    for question in ("zebra giraffe", "quasar xylophone"):
        supportbot("ask", question)
    assert "alike in meaning" in supportbot("report", SUPPORTBOT_EMBEDDING_MODEL=model).stdout
    assert "alike in words" in supportbot("report", SUPPORTBOT_EMBEDDING_MODEL="/no/such/folder").stdout


@pytest.mark.parametrize("reason", ["off topic", "off-topic"])
def test_a_reason_may_be_written_with_a_space(supportbot: Command, docs: Path, reason: str) -> None:
    supportbot("ingest", docs)
    name = json.loads(supportbot("ask", "How long do refunds take?", "--json").stdout)["question_id"]
    supportbot("rate", name, "not-helpful", "--reason", reason)
    assert json.loads(supportbot("report", "--json").stdout)["reasons"] == {"off-topic": 1}
    assert "reason must be one of" in supportbot("rate", name, "not-helpful", "--reason", "rude", code=2).stderr


def test_ingest_summarises_and_ends_with_1_when_something_failed(supportbot: Command, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"no pdf")
    (docs / "logo.png").write_bytes(b"png")
    run = json.loads(supportbot("ingest", docs, "--json", code=1).stdout)
    assert (run["written"], run["failed"], run["skipped"]) == (3, 1, ["logo.png"])
    again = supportbot("ingest", docs, code=1)
    assert "0 written, 3 unchanged, 0 removed, 1 failed" in again.stdout
    assert ".png 1" in again.stdout
    assert "failed: broken.pdf: it is not a PDF" in again.stderr


def test_status_and_forget(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    assert json.loads(supportbot("status", "--json").stdout)["sources"] == {str(docs): 3}
    assert "3 removed" in supportbot("forget", docs).stdout
    assert json.loads(supportbot("ask", "refunds", "--json").stdout)["outcome"] == "no_evidence"
    assert "nothing was ingested from" in supportbot("forget", docs, code=2).stderr


def test_folders_that_overlap_are_named(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    assert f"{docs} was ingested too" in supportbot("ingest", docs.parent).stderr
    assert "was ingested too" not in supportbot("ingest", DEMO / "help-center" / "billing").stderr


def test_the_home_may_stand_before_or_after_the_command(supportbot: Command, docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    supportbot("ingest", docs, "--home", other)
    assert "documents from" in supportbot("--home", other, "status").stdout
    assert "nothing is ingested" in supportbot("status", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ask", "anything"], "run `supportbot ingest PATH` first"),
        (["ingest", "/nowhere/at/all"], "does not exist"),
        (["rate", "unknown", "helpful"], "no answer with the id"),
        (["ask", "x", "--audience", "everyone"], "not one of"),
        (["eval", "/nowhere.jsonl"], "cannot be read"),
        (["report", "--html", "/nowhere/at/all.html"], "No such file"),
        (["report", "--since", "soon"], "neither a period like 7d"),
        (["report", "--since", "0d"], "begins after today"),
        (["report", "--since", "9999-01-01"], "begins after today"),
        (["report", "--since", "7d", "--days", "7"], "give one of them"),
        (["ingest", str(DEMO), "--home", str(DEMO / "README.md")], "Not a directory"),
        (["status", "--home", str(DEMO / "README.md")], "is not a folder"),
        (["ingest", str(DEMO / "help-center"), "--base-url", "help.example"], "must begin with https://"),
        (["nonsense"], "No such command"),
        (["ask"], "Missing argument"),
    ],
)
def test_a_mistake_ends_with_2_and_a_sentence(supportbot: Command, arguments: list[str], sentence: str) -> None:
    assert sentence in supportbot(*arguments, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (ASK, {"REDIS_URL": "redis://localhost:notaport"}, "SUPPORTBOT_REDIS_URL is wrong: it reads redis://host:port"),
        (ASK, {"REDIS_URL": "redis://localhost:99999"}, "SUPPORTBOT_REDIS_URL is wrong"),
        (ASK, {"REDIS_URL": "redis://[bad"}, "SUPPORTBOT_REDIS_URL is wrong"),
        (ASK, {"OPENSEARCH_URL": "https://[bad"}, "SUPPORTBOT_OPENSEARCH_URL is wrong: it reads https://host"),
        (ASK, {"OPENSEARCH_URL": "garbage"}, "SUPPORTBOT_OPENSEARCH_URL is wrong"),
        (ASK, {"BEDROCK_URL": "garbage"}, "SUPPORTBOT_BEDROCK_URL is wrong"),
        (["costs"], {"AWS_URL": "garbage"}, "SUPPORTBOT_AWS_URL is wrong"),
        (["doctor"], {"BEDROCK_URL": "garbage"}, "SUPPORTBOT_BEDROCK_URL is wrong"),
        (["doctor"], {"AWS_URL": "garbage"}, "SUPPORTBOT_AWS_URL is wrong"),
        (ASK, {"EMBEDDING_MODEL": "bedrock:"}, "SUPPORTBOT_EMBEDDING_MODEL is wrong: it reads bedrock:<model id>"),
        (ASK, {"EMBEDDING_MODEL": "bedrock:cohere.embed-v4:0 1024"}, "SUPPORTBOT_EMBEDDING_MODEL is wrong"),
        (ASK, {"EMBEDDING_MODEL": "bedrock:cohere.embed-v4:0 abc float"}, "SUPPORTBOT_EMBEDDING_MODEL is wrong"),
        (ASK, {"HOME": "~nosuchuser/x"}, "SUPPORTBOT_HOME is wrong: ~nosuchuser is nobody's home"),
        (["ingest", str(DEMO)], {"HOME": NO_TEXT}, "SUPPORTBOT_HOME is wrong: it is no text"),
        (["costs", "--to", "0001-01-01"], {}, "--to is a day between"),
        (["costs", "--to", "9999-12-31"], {}, "--to is a day between"),
        (["rate", NO_TEXT, "helpful"], {}, "'ID': it is no text"),
        (["rate", "x", "helpful", "--as", NO_TEXT], {}, "'--as': it is no text"),
        ([*ASK, "--follow-up", NO_TEXT], {}, "'--follow-up': it is no text"),
        (["ingest", str(DEMO), "--base-url", f"https://{NO_TEXT}"], {}, "'--base-url': it is no text"),
        (["ingest", NO_TEXT], {}, "'PATH | NAME': it is no text"),
    ],
)
def test_what_is_malformed_ends_with_2_and_a_sentence(
    supportbot: Command, arguments: list[str], environment: dict[str, str], sentence: str
) -> None:
    stated = {f"SUPPORTBOT_{name}": value for name, value in environment.items()}
    done = supportbot(*arguments, code=2, **stated)
    assert sentence in done.stderr.splitlines()[-1]


def test_prices_that_are_no_text_are_named(supportbot: Command, docs: Path, tmp_path: Path) -> None:
    supportbot("ingest", docs)
    prices = tmp_path / "prices.json"
    prices.write_bytes(b"\xff\xfe")
    stated = {"SUPPORTBOT_ANSWER_MODEL": "some", "AWS_REGION": "eu-central-1", "SUPPORTBOT_PRICES": str(prices)}
    assert "SUPPORTBOT_PRICES is wrong" in supportbot(*ASK, code=2, **stated).stderr


@pytest.mark.parametrize(("arguments", "name"), [(["report"], "feedback.sqlite"), (["status"], "knowledge.sqlite")])
def test_a_folder_in_the_place_of_a_file_is_named(supportbot: Command, arguments: list[str], name: str) -> None:
    (supportbot.home / name).mkdir(parents=True)
    assert f"{name} is a folder: move it away" in supportbot(*arguments, code=2).stderr


def test_an_empty_question_and_a_wrong_model_end_with_2(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    assert "the question is empty" in supportbot("ask", " ", code=2).stderr
    wrong = supportbot("ingest", docs, code=2, SUPPORTBOT_EMBEDDING_MODEL="/no/such/folder")
    assert "does not exist" in wrong.stderr
    assert "SUPPORTBOT_EMBEDDING_MODEL=none" in wrong.stderr
    mistyped = supportbot("ingest", docs, code=2, SUPPORTBOT_EMBEDDING_MODEL="sentence-transformers/all-minilm-l6-v3")
    assert "did you mean sentence-transformers/all-MiniLM-L6-v2" in mistyped.stderr


def test_bytes_that_are_no_text_are_survived(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    question = os.fsdecode(b"refunds \xff thirty days")
    name = json.loads(supportbot("ask", question, "--json").stdout)["question_id"]
    supportbot("rate", name, "helpful", "--comment", NO_TEXT, "--as", "ada")
    supportbot("ask", "refunds", LOGNAME=NO_TEXT)


def test_where_no_model_can_be_had_it_says_so_in_one_line_and_works(supportbot: Command, docs: Path) -> None:
    done = supportbot("ingest", docs, SUPPORTBOT_EMBEDDING_MODEL="", HF_HUB_OFFLINE="1")
    notices = [line for line in done.stderr.splitlines() if "indexing words only" in line]
    assert len(notices) == 1
    assert "words only" in done.stdout
    assert json.loads(supportbot("ask", "refunds thirty days", "--json").stdout)["citations"]


def test_eval_prints_every_key(supportbot: Command) -> None:
    supportbot("ingest", DEMO / "help-center")
    measured = json.loads(supportbot("eval", DEMO / "questions.jsonl", "--json").stdout)
    keys = "hit_at_1 recall_at_3 recall_at_5 recall_at_10 precision_at_3 mrr_at_10 ndcg_at_10 evidence_at_1"
    keys += " evidence_at_3 evidence_at_5 evidence_at_10 answered_of_answerable declined_of_unanswerable auroc"
    assert set(measured) == {*keys.split(), "questions", "seconds"}
    assert measured["questions"] == 110
    assert measured["recall_at_10"] > 0.7


def test_eval_names_what_went_wrong(supportbot: Command, docs: Path, tmp_path: Path) -> None:
    supportbot("ingest", docs)
    questions = tmp_path / "q.jsonl"
    lines = [
        {"id": "found", "text": "How long do refunds take?", "gold": ["refunds"], "answerable": True},
        {"id": "lost", "text": "zebra giraffe", "gold": ["refunds"], "answerable": True},
        {"id": "moved", "text": "What is an SPF record?", "gold": ["elsewhere/spf#top"]},
    ]
    questions.write_text("\n".join(map(json.dumps, lines)))
    shown = supportbot("eval", questions, "--misses").stderr.splitlines()
    assert shown[0] == "1 gold documents are not ingested, the first is elsewhere/spf"
    assert [line.split(":")[0] for line in shown[1:]] == ["lost", "moved"]
    assert "declined" in shown[1]


def test_a_credit_is_shown_as_one() -> None:
    assert [usd(amount) for amount in (-12.3, -0.001, 0.0, 1234.5)] == ["-$12.30", "-$0.001000", "$0.00", "$1,234.50"]


def test_help_names_every_command(supportbot: Command) -> None:
    shown = supportbot("--help").stdout
    for name in ("ask", "ingest", "rate", "report", "eval", "serve", "demo", "status", "forget"):
        assert f"  {name} " in shown


def test_the_id_to_rate_is_the_one_that_ask_ends_with(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    assert "take the id that `supportbot ask` ended with" in supportbot("rate", "foo", "helpful", code=2).stderr
    last = supportbot("ask", "How long do refunds take?").stdout.splitlines()[-1]
    assert last.split()[-2] == "id"
    supportbot("rate", last.split()[-1], "helpful")


def test_a_part_that_is_not_set_up_is_no_failure_of_the_doctors(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    zendesk = {"SUBDOMAIN": "example", "URL": "http://127.0.0.1:1", "CLIENT_ID": "bot", "CLIENT_SECRET": "canary"}
    stated = {f"SUPPORTBOT_ZENDESK_{name}": value for name, value in zendesk.items()}
    lines = supportbot("doctor", code=1, **stated).stdout.splitlines()
    assert [line[:4].strip() for line in lines if line[6:].startswith("Zendesk")] == ["FAIL", "--", "--"]
    assert "127.0.0.1:1 cannot be reached" in "".join(lines)
