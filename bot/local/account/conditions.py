"""When a trigger fires: its conditions, over what has just happened to a ticket.

https://developer.zendesk.com/documentation/ticketing/reference-guides/conditions-reference/
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.local.account.desk import CREATED, Comment, Desk, Ticket
from bot.local.account.exchanging import invalid

Condition = Mapping[str, Any]
RANKS = ("new", "open", "pending", "hold", "solved", "closed")
OPERATORS = {
    "update_type": {"is"},
    "comment_is_public": {"is", "is_not"},
    "role": {"is", "is_not"},
    "status": {"is", "is_not", "less_than", "greater_than"},
    "current_tags": {"includes", "not_includes"},
    "group_id": {"is", "is_not"},
    "brand_id": {"is", "is_not"},
    "ticket_form_id": {"is", "is_not"},
}


def check(conditions: object) -> None:
    """Raises RefusalError, as the platform does for a trigger that could never have been made in its pages."""
    stated = conditions if isinstance(conditions, dict) else {}
    each = [*_listed(stated.get("all")), *_listed(stated.get("any"))]
    if not each:
        raise invalid("base", "Conditions: must have at least one condition")
    for condition in each:
        if condition.get("operator") not in OPERATORS.get(str(condition.get("field")), set()):
            raise invalid("base", f"Conditions: {condition.get('field')} {condition.get('operator')} is not valid")


class Conditions:
    """Those of one trigger."""

    def __init__(self, desk: Desk, stated: Mapping[str, Any]) -> None:
        self._desk, self._all, self._any = desk, _listed(stated.get("all")), _listed(stated.get("any"))

    def hold(self, kind: str, ticket: Ticket, comment: Comment) -> bool:
        def holds(condition: Condition) -> bool:
            return self._holds(condition, kind, ticket, comment)

        return all(map(holds, self._all)) and (not self._any or any(map(holds, self._any)))

    def _holds(self, condition: Condition, kind: str, ticket: Ticket, comment: Comment) -> bool:
        field, operator, value = str(condition["field"]), str(condition["operator"]), str(condition.get("value"))
        if field == "current_tags":
            return bool(set(value.split()) & set(ticket.tags)) is (operator == "includes")
        if field == "status" and operator in ("less_than", "greater_than"):
            now, other = RANKS.index(ticket.fields.get("status") or "new"), RANKS.index(value)
            return now < other if operator == "less_than" else now > other
        return self._is(field, value, kind, ticket, comment) is (operator == "is")

    def _is(self, field: str, value: str, kind: str, ticket: Ticket, comment: Comment) -> bool:
        by = self._desk.users.get(comment.author_id, {})
        role = "end_user" if by.get("role") == "end-user" else "agent"
        told: dict[str, Callable[[], bool]] = {
            "update_type": lambda: value == ("Create" if kind == CREATED else "Change"),
            "comment_is_public": lambda: value == "not_relevant" or value == str(comment.public).lower(),
            "role": lambda: value in (role, str(comment.author_id), "all"),
        }
        return told[field]() if field in told else str(ticket.fields.get(field, "")) == value


def _listed(stated: object) -> Sequence[Condition]:
    return [each for each in stated if isinstance(each, dict)] if isinstance(stated, list) else []
