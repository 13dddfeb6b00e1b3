"""infra/observing.yaml as CloudFormation makes it of its parameters: functions and conditions resolved, no more."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

PATH = Path(__file__).parents[3] / "infra" / "observing.yaml"
STAGE = "live"
GIVEN = {"Stage": STAGE, "ApiId": "a1b2c3", "AnswerModel": "global.anthropic.claude-haiku-5-5"}
PSEUDO = {
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::NoValue": None,
}
Json = dict[str, Any]


def raw() -> Json:
    found: Json = json.loads(json.dumps(cfn_yaml.loads(PATH.read_text("utf-8"))))
    return found


class Resolved:
    """With `given`; what the parameters leave out is not there."""

    def __init__(self, given: Mapping[str, str] = GIVEN) -> None:
        template = raw()
        defaults = {name: each["Default"] for name, each in template["Parameters"].items() if "Default" in each}
        self._known: dict[str, Any] = {**PSEUDO, **defaults, **given}
        self._conditions = template["Conditions"]
        self.resources: dict[str, Json] = {
            name: self._of(each["Properties"])
            for name, each in template["Resources"].items()
            if "Condition" not in each or self._of({"Condition": each["Condition"]})
        }
        self.kinds = {name: template["Resources"][name]["Type"] for name in self.resources}

    def all(self, kind: str) -> dict[str, Json]:
        return {name: each for name, each in self.resources.items() if self.kinds[name] == kind}

    @property
    def dashboard(self) -> Json:
        found: Json = json.loads(self.resources["Dashboard"]["DashboardBody"])
        return found

    def _of(self, found: Any) -> Any:  # noqa: PLR0911 - a return a function
        match found:
            case {"Ref": name}:
                return self._known.get(name, f"arn:of:{name}")
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([\w:.]+)\}", lambda named: str(self._known.get(named[1], named[1])), text)
            case {"Fn::If": [condition, yes, no]}:
                return self._of(yes if self._of({"Condition": condition}) else no)
            case {"Condition": name} if len(found) == 1:
                return self._of(self._conditions[name])
            case {"Fn::Equals": [one, other]}:
                return self._of(one) == self._of(other)
            case {"Fn::Not": [each]}:
                return not self._of(each)
            case {"Fn::And": each}:
                return all(map(self._of, each))
            case dict():
                return {name: self._of(each) for name, each in found.items()}
            case list():
                return [made for each in found if (made := self._of(each)) is not None]
        return found
