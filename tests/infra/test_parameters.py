"""What the admin states arrives as it was stated, or nothing is done."""

import json
import subprocess
from pathlib import Path

import pytest

from infra.accounts import DeployingError
from infra.filling import ROOT
from infra.parameters import stated, write
from tests.infra.templates import read

PYTHON = ROOT / ".venv-infra" / "bin" / "python"  # `make check` makes it
VALUES = {
    "Stage": "dev",
    "SecretVersion": "",
    "MoreSettings": json.dumps(
        {"slack_humans": "S0614TZR7", "prices": json.dumps({"a b": [1, 2]}), "masked": "a\\ b=c"}
    ),
    "Sources": '{"site": {"site": "https://www.example.com/hälp?b=c&d=😀", "pause": 1.5}}',
    "ZendeskSubdomain": "a b",
    "MonthlyBudget": "200",
    "AlarmEmail": "ParameterKey=a,ParameterValue=b",
    "OpenSearchUrl": 'it\'s "quoted" \\" and\nlong',
}
CONVERT = """import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert((sys.argv[1],), None, None)))"""


@pytest.mark.skipif(not PYTHON.exists(), reason="SAM is not here: `make check-infra` installs it")
def test_sam_reads_every_value_as_it_was_stated(tmp_path: Path) -> None:
    file = tmp_path / "parameters.yaml"
    write(VALUES, file)
    done = subprocess.run([PYTHON, "-c", CONVERT, f"file://{file}"], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == VALUES


def test_what_is_stated_goes_with_the_stage() -> None:
    given = ["Size=large", 'MoreSettings={"a": "b=c"}', "AlarmEmail=", "MonthlyBudget=12.5", "Sources="]
    assert stated("dev", given) == {
        "Stage": "dev",
        "Size": "large",
        "MoreSettings": '{"a": "b=c"}',
        "AlarmEmail": "",
        "MonthlyBudget": "12.5",
        "Sources": "",
    }


@pytest.mark.parametrize(
    ("stage", "given", "said"),
    [
        ("dev", "Szie=large", "there is no parameter Szie: did you mean Size?"),
        ("dev", "Qwxz=1", "there is no parameter Qwxz."),
        ("dev", "Size=lagre", "Size=lagre is wrong: it is one of small, standard, large"),
        ("dev", "LogDays=31", "LogDays=31 is wrong: it is one of 1, 3, 5"),
        ("dev", "MonthlyBudget=much", "MonthlyBudget=much is wrong: it is a number"),
        ("dev", "Zendesk", "Zendesk is no Name=value"),
        ("dev", "MoreSettings={slack_humans:S0614}", "it is a JSON object, so quote it for the shell"),
        ("dev", "Stage=live", "Stage is not yours to state: it is STAGE=... of make"),
        ("dev", "SecretVersion=1", "SecretVersion is not yours to state"),
        ("Live!", "Size=small", "Stage=Live! is wrong: it is written as [a-z]"),
    ],
)
def test_what_is_none_of_the_templates_is_refused(stage: str, given: str, said: str) -> None:
    with pytest.raises(DeployingError) as refused:
        stated(stage, [given])
    assert said in str(refused.value)
    assert "Nothing was done" in str(refused.value)


def test_every_default_is_a_value_that_may_be_stated() -> None:
    defaults = {name: each["Default"] for name, each in read()["Parameters"].items()}
    assert stated(defaults.pop("Stage"), [f"{k}={v}" for k, v in defaults.items() if k != "SecretVersion"])
