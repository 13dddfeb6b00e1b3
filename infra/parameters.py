"""The template's parameters as the admin states them: checked before anything happens, and told to SAM as they are.

SAM drops a name that is misspelt without a word, and its command line cuts values at quotes and blanks, so it gets them
in a file.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from infra.accounts import DeployingError
from infra.filling import ROOT

TEMPLATE = ROOT / "infra" / "template.yaml"
FILLED = {"Stage": "it is STAGE=... of make", "SecretVersion": "`make deploy` fills it in"}
JSON = {"Sources", "MoreSettings"}
UNQUOTED = re.compile("[ \"']")  # before which SAM takes a backslash away, twice where it reads a file


class _Plain(yaml.SafeLoader):
    """Without what CloudFormation's functions stand for."""


_Plain.add_multi_constructor("!", lambda *_: None)


def known() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.load(TEMPLATE.read_text("utf-8"), _Plain)["Parameters"]  # noqa: S506
    return found


def stated(stage: str, arguments: Sequence[str]) -> dict[str, str]:
    """With the stage. Raises DeployingError, which names all that is wrong."""
    values = {name: value for name, _, value in (each.partition("=") for each in arguments)}
    wrong = [*(f"{each} is no Name=value" for each in arguments if "=" not in each)]
    wrong += [f"{name} is not yours to state: {FILLED[name]}" for name in values.keys() & FILLED.keys()]
    wrong += _wrong({"Stage": stage} | {name: value for name, value in values.items() if name not in FILLED})
    if wrong:
        raise DeployingError("; ".join(wrong) + ". Nothing was done; docs/deploying.md has the parameters")
    return {"Stage": stage} | values


def _wrong(values: Mapping[str, str]) -> Iterator[str]:
    there = known()
    for name, value in values.items():
        if name not in there:
            near = get_close_matches(name, there.keys() - FILLED.keys(), n=1)
            yield f"there is no parameter {name}" + (f": did you mean {near[0]}?" if near else "")
        elif fault := _fault(there[name], value, is_json=name in JSON):
            yield f"{name}={value} is wrong: {fault}"


def _fault(parameter: Mapping[str, Any], value: str, *, is_json: bool) -> str:
    """Why it is none of the parameter's values; empty where it is."""
    allowed = [str(each) for each in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"it is one of {', '.join(allowed)}"
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return f"it is written as {parameter['AllowedPattern']}"
    if parameter["Type"] == "Number" and not re.fullmatch(r"\d+(\.\d+)?", value):
        return "it is a number"
    return "" if not is_json or not value or _is_object(value) else "it is a JSON object, so quote it for the shell"


def _is_object(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def write(values: Mapping[str, str], file: Path) -> None:
    """For `sam deploy --parameter-overrides file://...`, which reads YAML; JSON is some."""
    file.parent.mkdir(exist_ok=True)
    quoted = {name: UNQUOTED.sub(r"\\\\\g<0>", value) for name, value in values.items()}
    file.write_text(json.dumps(quoted, ensure_ascii=False, indent=2), "utf-8")
