"""Make an account so that tickets get drafts, and undo that: what is to be done first, then doing it.

Again and again it comes to the same: what a crash or a lost response left is found by its mark, so there is never a
second webhook, and whatever has no mark of ours is another's.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from integrations.zendesk.administering import Administration, Kind, Stated
from integrations.zendesk.refusing import LostError
from integrations.zendesk.wanting import BY_TRIGGERS, Difference, Wanted, called, described, differences, marked
from rag_core.errors import MisconfiguredError

UNMADE = "the new webhook"  # in a plan, instead of its id


class Act(StrEnum):
    """What a step does."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    REMOVE = "remove"
    LEAVE = "leave"  # marked, and yet not what was made


@dataclass(frozen=True, slots=True)
class Step:
    """One thing of a plan; `field` names the ticket field, `why` what is left alone."""

    act: Act
    kind: Kind
    name: str
    id: str = ""
    field: str = ""
    differences: tuple[Difference, ...] = ()
    why: str = ""

    @property
    def changes(self) -> bool:
        return self.act in (Act.CREATE, Act.UPDATE, Act.REMOVE)


@dataclass(frozen=True, slots=True)
class Installed:
    """What of ours there is, the one to keep first."""

    webhooks: Sequence[Stated]
    triggers: Sequence[Stated]
    elsewhere: Sequence[Stated] = ()  # webhooks with our mark that call another address

    @property
    def webhook(self) -> str:
        return str(self.webhooks[0]["id"]) if self.webhooks else ""


class Provisioning:
    """Of one account, for one installation."""

    def __init__(self, administration: Administration, wanted: Wanted) -> None:
        self._administration, self._wanted = administration, wanted

    def installed(self) -> Installed:
        webhooks = [each for each in self._administration.all(Kind.WEBHOOK) if self._may_be_ours(each)]
        ours = [each for each in webhooks if each["endpoint"] == self._wanted.endpoint]
        elsewhere = [each for each in webhooks if each not in ours]
        ours.sort(key=lambda each: not self._marked(Kind.WEBHOOK, each))
        if not ours and len(elsewhere) == 1:  # the address has changed
            ours, elsewhere = elsewhere, []
        return Installed(ours, self._triggers([str(each["id"]) for each in ours]), elsewhere)

    def plan(self, fields: Collection[str] = ()) -> list[Step]:
        """`fields`: of the ticket fields those that are wanted."""
        found = self.installed()
        wanted = self._wanted.trigger(found.webhook or UNMADE)
        return [
            self._step(Kind.WEBHOOK, found.webhooks, self._wanted.webhook()),
            self._step(Kind.TRIGGER, found.triggers, wanted),
            *(_removed(Kind.TRIGGER, each) for each in found.triggers[1:]),
            *(self._spare(each) for each in found.webhooks[1:]),
            *self._field_steps(fields),
        ]

    def removal(self, fields: Collection[str] = ()) -> list[Step]:
        """Triggers first, as a webhook that is called stays. Raises MisconfiguredError where another's calls it."""
        found = self.installed()
        webhooks = [each for each in found.webhooks if self._marked(Kind.WEBHOOK, each)]
        there = [each for each in webhooks if each["endpoint"] == self._wanted.endpoint]
        moved = [each for each in [*webhooks, *found.elsewhere] if each not in there]
        self._check_others([str(each["id"]) for each in there], found.triggers)
        return [
            *(_removed(Kind.TRIGGER, each) for each in found.triggers if called(each) not in _ids(moved)),
            *(_removed(Kind.WEBHOOK, each) for each in there),
            *(_left(each, f"it calls {each['endpoint']}") for each in moved),
            *(_removed(Kind.FIELD, each) for name in fields for each in self._fields(name)),
        ]

    def carry_out(
        self, steps: Sequence[Step], done: Callable[[Step, str], None] = lambda _step, _id: None
    ) -> Mapping[str, str]:
        """In order; what was done is told at once, so that a failure leaves nobody in doubt.

        The ids of what is there then: of the webhook, the trigger, and of the fields by what they hold.
        """
        ids: dict[str, str] = {}
        for step in steps:
            number = self._do(step, ids.get(Kind.WEBHOOK, "")) if step.changes else step.id
            if step.changes:
                done(step, number)
            if step.act not in (Act.REMOVE, Act.LEAVE):
                ids[step.field or step.kind] = number
        return ids

    def _do(self, step: Step, webhook: str) -> str:
        if step.act is Act.REMOVE:
            self._administration.remove(step.kind, step.id)
            return step.id
        stated = self._stated(step, webhook)
        if step.act is Act.CREATE:
            return self._create(step, stated)
        names = [difference.name for difference in step.differences]
        self._administration.change(step.kind, step.id, {name: stated[name] for name in names})
        return step.id

    def _create(self, step: Step, stated: Stated) -> str:
        """A lost response may have made it: then it is there, and known by its mark."""
        try:
            return self._administration.create(step.kind, stated)
        except LostError:
            mark = self._wanted.mark(step.kind, step.field)
            for each in self._administration.all(step.kind):
                if marked(step.kind, each, mark) and each.get("endpoint") == stated.get("endpoint"):
                    return str(each["id"])
            raise

    def _stated(self, step: Step, webhook: str) -> Stated:
        if step.kind is Kind.WEBHOOK:
            return self._wanted.webhook()
        return self._wanted.trigger(webhook) if step.kind is Kind.TRIGGER else self._wanted.field(step.field)

    def _step(self, kind: Kind, found: Sequence[Stated], wanted: Stated, field: str = "") -> Step:
        if not found:
            return Step(Act.CREATE, kind, _name(wanted), field=field, differences=tuple(described(kind, wanted)))
        differing = tuple(differences(kind, found[0], wanted, self._wanted.mark(kind, field)))
        return Step(Act.UPDATE if differing else Act.KEEP, kind, _name(found[0]), str(found[0]["id"]), field, differing)

    def _field_steps(self, fields: Collection[str]) -> Iterator[Step]:
        for name in fields:
            found, wanted = self._fields(name), self._wanted.field(name)
            if found and found[0]["type"] != wanted["type"]:
                raise MisconfiguredError(
                    f"the ticket field {_name(found[0])} has our mark and is of another type than {wanted['type']}: "
                    "take the mark out of its description for agents, then another is made"
                )
            yield self._step(Kind.FIELD, found, wanted, name)

    def _spare(self, webhook: Stated) -> Step:
        if self._marked(Kind.WEBHOOK, webhook):
            return _removed(Kind.WEBHOOK, webhook)
        return _left(webhook, "it was not made by setup: what it sends is refused, as its secret is another")

    def _fields(self, name: str) -> list[Stated]:
        mark = self._wanted.mark(Kind.FIELD, name)
        return [each for each in self._administration.all(Kind.FIELD) if marked(Kind.FIELD, each, mark)]

    def _triggers(self, webhooks: Sequence[str]) -> list[Stated]:
        """Those that call a webhook of ours; else the only one, whose webhook may be gone."""
        found = [each for each in self._administration.all(Kind.TRIGGER) if self._marked(Kind.TRIGGER, each)]
        calling = sorted(
            (each for each in found if called(each) in webhooks), key=lambda each: webhooks.index(called(each))
        )
        return calling or found[:1]

    def _check_others(self, webhooks: Sequence[str], ours: Sequence[Stated]) -> None:
        others = [each for each in self._administration.all(Kind.TRIGGER) if each not in ours]
        if names := [_name(each) for each in others if called(each) in webhooks]:
            raise MisconfiguredError(
                f"the trigger {names[0]} calls the webhook too, and was not made by setup: change or remove it first"
            )

    def _may_be_ours(self, webhook: Stated) -> bool:
        """One without the mark is too that calls our address, made by hand: two would call it with two secrets."""
        if list(webhook.get("subscriptions") or ()) != [BY_TRIGGERS]:  # which nobody can change
            return False
        return self._marked(Kind.WEBHOOK, webhook) or webhook.get("endpoint") == self._wanted.endpoint

    def _marked(self, kind: Kind, each: Stated) -> bool:
        return marked(kind, each, self._wanted.mark(kind))


def _removed(kind: Kind, each: Stated) -> Step:
    return Step(Act.REMOVE, kind, _name(each), str(each["id"]))


def _left(each: Stated, why: str) -> Step:
    return Step(Act.LEAVE, Kind.WEBHOOK, _name(each), str(each["id"]), why=why)


def _ids(found: Sequence[Stated]) -> set[str]:
    return {str(each["id"]) for each in found}


def _name(each: Stated) -> str:
    return str(each.get("name") or each.get("title"))
