"""Who does which job, what does not start, and what the adapter takes of the product."""

import json
from pathlib import Path

import pytest

from bot import slack
from bot.app import App
from bot.arriving import SLACK, gateway
from bot.gateway import Endpoint, Gateway
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings, load
from bot.working import quoted, workers
from integrations.http import Headers, Reply
from rag_core.domain import Audience, Deadline, Outcome, PersonId, QuestionId
from rag_core.errors import MisconfiguredError
from rag_core.jobs import Job, JobId, JobKind
from tests.bot.api.asking import REFUND
from tests.bot.slack.desk import settings
from tests.making import NOON


class TestWorkers:
    def test_a_function_does_what_it_is_set_up_for_and_says_what_it_is_not(self, home: Path) -> None:
        work = workers(App(Settings(home=str(home), embedding_model="none")), Telemetry(plain=True))
        for kind, event in ((JobKind.SLACK, "{}"), (JobKind.INGEST, None), (JobKind.ANSWER, None)):
            with pytest.raises(MisconfiguredError, match="not set up"):
                work(Job(JobId("j"), kind, NOON, event=event), Deadline.within(5), False)

    def test_a_token_that_is_none_stops_it_at_its_start(self, home: Path) -> None:
        with pytest.raises(MisconfiguredError, match="SLACK_BOT_TOKEN is wrong"):
            workers(
                App(Settings(home=str(home), embedding_model="none", slack_bot_token="oops")), Telemetry(plain=True)
            )

    def test_what_people_wrote_is_known_for_theirs(self) -> None:
        event = {"event": {"text": "hi", "user": "U1", "blocks": [{"elements": [{"text": "a b"}]}]}, "x": "y" * 30}
        job = Job(JobId("j"), JobKind.SLACK, NOON, event=json.dumps(event))
        assert sorted(quoted(job)) == ["a b", "hi", "y" * 30]


class TestGateway:
    def test_without_a_secret_or_a_queue_the_function_does_not_start(self) -> None:
        for stated, said in (
            ({"SUPPORTBOT_QUEUE_URL": "http://127.0.0.1:9/1/jobs"}, "no channel is set up"),
            ({"SUPPORTBOT_SLACK_BOT_TOKEN": "xoxb-1"}, "no signing secret"),
            ({"SUPPORTBOT_SLACK_SIGNING_SECRET": "s"}, "no queue"),
        ):
            with pytest.raises(MisconfiguredError, match=said):
                gateway(load({"AWS_REGION": "eu-central-1"} | stated))

    def test_a_flaw_of_ours_is_a_503_and_quotes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        def broken(_headers: Headers, body: bytes) -> Reply:
            raise RuntimeError(body)

        found = Gateway([Endpoint("slack", SLACK, broken)], Telemetry(plain=True)).handle(
            {"rawPath": SLACK, "headers": {"x-slack-signature": "canary"}, "body": "canary"}
        )
        assert (found["statusCode"], found["headers"]["Retry-After"]) == (503, "30")
        assert "canary" not in json.dumps(found) + capsys.readouterr().out


def test_the_core_takes_what_a_channel_gives(home: Path, team: Workspace) -> None:
    core = slack.SlackCore(App(settings(home, team)), Telemetry(plain=True, metrics=False))
    first = core.question(
        REFUND, id=QuestionId("a1"), audience=Audience.PUBLIC, asked_by=PersonId("slack:T:U"), channel="slack"
    )
    answer = core.answer(first, on_stage=lambda _: None, on_text=lambda *_: None, deadline=Deadline.within(10))
    assert (answer.question_id, answer.outcome) == ("a1", Outcome.ANSWERED)
    then = core.question(
        "And then?",
        id=QuestionId("a2"),
        audience=Audience.PUBLIC,
        asked_by=PersonId("slack:T:U"),
        channel="slack",
        sources=frozenset(core.sources(Audience.PUBLIC)),
        previous=QuestionId("a1"),
    )
    assert (then.previous, then.sources) == (REFUND, frozenset(core.sources(Audience.PUBLIC)))
    week = core.week()
    assert (week.questions, week.answered_share) == (1, 1.0)
    assert core.knowledge_as_of() is not None


@pytest.mark.parametrize(
    ("more", "gaps"),
    [
        ({}, ("Which whiskers zigzag quietly?",)),
        ({"slack_client_id": "1.2", "slack_workspaces": "T0ONE"}, ("Which whiskers zigzag quietly?",)),
        ({"slack_client_id": "1.2", "slack_workspaces": "T0ONE,T0TWO"}, None),
        ({"slack_client_id": "1.2", "slack_workspaces": "E0WHOLE"}, None),
    ],
)
def test_what_one_workspace_asks_is_not_told_to_anothers_admins(
    home: Path, team: Workspace, more: dict[str, str], gaps: tuple[str, ...] | None
) -> None:
    core = slack.SlackCore(App(settings(home, team, **more)), Telemetry(plain=True, metrics=False))
    asked = core.question(
        "Which whiskers zigzag quietly?",
        id=QuestionId("a1"),
        audience=Audience.PUBLIC,
        asked_by=PersonId("slack:T0ONE:U"),
        channel="slack",
    )
    core.answer(asked, on_stage=lambda _: None, on_text=lambda *_: None, deadline=Deadline.within(10))
    assert (core.week().questions, core.week().gaps) == (1, gaps)
