"""A template as it is for given parameters: CloudFormation's conditions decided, the parts they leave out gone.

moto leaves a null where AWS::NoValue stands in a list, which no policy may hold.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
NOTHING = object()


def settled(template: Json, parameters: Mapping[str, str]) -> Json:
    """Its resources and outputs without `Fn::If` and `Condition`."""
    return _Settling(template, parameters).all()


class _Settling:
    def __init__(self, template: Json, parameters: Mapping[str, str]) -> None:
        defaults = {
            name: str(each["Default"]) for name, each in template.get("Parameters", {}).items() if "Default" in each
        }
        self._template, self._stated = template, defaults | dict(parameters)

    def all(self) -> Json:
        rest = {name: each for name, each in self._template.items() if name != "Conditions"}
        return rest | {part: self._those(self._template.get(part, {})) for part in ("Resources", "Outputs")}

    def _those(self, named: Json) -> Json:
        there = {name: each for name, each in named.items() if self._holds(each.get("Condition"))}
        return {name: self._plain({k: v for k, v in each.items() if k != "Condition"}) for name, each in there.items()}

    def _holds(self, condition: object) -> bool:
        return condition is None or bool(self._decided({"Condition": condition}))

    def _plain(self, found: Any) -> Any:
        if isinstance(found, list):
            return [each for each in map(self._plain, found) if each is not NOTHING]
        if not isinstance(found, dict):
            return found
        if found == {"Ref": "AWS::NoValue"}:
            return NOTHING
        if list(found) == ["Fn::If"]:
            name, then, otherwise = found["Fn::If"]
            return self._plain(then if self._holds(name) else otherwise)
        plain = {name: self._plain(each) for name, each in found.items()}
        return {name: each for name, each in plain.items() if each is not NOTHING}

    def _decided(self, found: Any) -> Any:
        """What a condition function gives."""
        if not isinstance(found, dict):
            return found
        ((name, given),) = found.items()
        if name == "Condition":
            return self._decided(self._template["Conditions"][given])
        if name == "Ref":
            return self._stated[given]
        values = [self._decided(each) for each in given]
        if name == "Fn::FindInMap":
            top, first, second = values
            return str(self._template["Mappings"][top][first][second])
        if name == "Fn::Equals":
            return str(values[0]) == str(values[1])
        return {"Fn::Not": not values[0], "Fn::And": all(values), "Fn::Or": any(values)}[name]
