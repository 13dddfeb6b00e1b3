"""`supportbot costs` where the log or the bill is away: what is said to be shown is shown."""

from pathlib import Path

from tests.bot.test_cli import Command

NOWHERE = {
    "SUPPORTBOT_AWS_URL": "http://127.0.0.1:9",  # the discard port: nothing listens
    "SUPPORTBOT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}
SHOWN = "what was metered is shown"


def test_without_its_log_nothing_is_said_to_be_shown(tmp_path: Path) -> None:
    done = Command(tmp_path)("costs", code=2, SUPPORTBOT_TABLE="answers", **NOWHERE)
    assert done.stderr.startswith("supportbot: DynamoDB cannot be reached")
    assert SHOWN not in done.stderr
    assert done.stdout == ""


def test_without_the_bill_what_was_metered_is_shown(tmp_path: Path) -> None:
    done = Command(tmp_path)("costs", code=0, SUPPORTBOT_ANSWER_MODEL="us.anthropic.claude-haiku-5-5", **NOWHERE)
    assert done.stderr.startswith("Cost Explorer cannot be reached")
    assert SHOWN in done.stderr
    assert "$0.00 metered" in done.stdout
