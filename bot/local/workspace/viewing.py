"""views.*: modals and the App Home."""

import secrets
from dataclasses import replace
from typing import Any

import msgspec

from bot.local.workspace import modals, showing
from bot.local.workspace.calling import Call
from bot.local.workspace.nouns import Json, View
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.world import World

DEEPEST = 3  # modals on top of each other


def open_(call: Call) -> Json:
    """A first modal, for whoever just acted."""
    person = call.world.triggers.spend(call.arguments.needed("trigger_id", error="invalid_trigger_id"), call.team)
    content = _given(call, "modal")
    view = put(call.world, call.team.id, person, content)
    return {"view": showing.view(call.world, view)}


def push(call: Call) -> Json:
    person = call.world.triggers.spend(call.arguments.needed("trigger_id", error="invalid_trigger_id"), call.team)
    content = _given(call, "modal")
    stack = stacked(call.world, person)
    if len(stack) >= DEEPEST:
        raise RefusalError("push_limit_reached")
    view = put(call.world, call.team.id, person, content, below=stack[-1] if stack else None)
    return {"view": showing.view(call.world, view)}


def update(call: Call) -> Json:
    content = _given(call, "modal")
    view = call.world.views.get(call.arguments.text("view_id")) or _external(call)
    if view is None or view.team != call.team.id:
        raise RefusalError("not_found")
    if call.arguments.has("hash") and call.arguments.text("hash") != view.hash:
        raise RefusalError("hash_conflict")
    change(call.world, view, content)
    call.world.touch()
    return {"view": showing.view(call.world, view)}


def publish(call: Call) -> Json:
    person = call.world.users.get(call.arguments.text("user_id"))
    if person is None or person.team != call.team.id:
        raise RefusalError("invalid_arguments")
    content = _given(call, "home")
    before = call.world.homes.get(person.id)
    if call.arguments.has("hash") and before is not None and call.arguments.text("hash") != before.hash:
        raise RefusalError("hash_conflict")
    ident = before.id if before else call.world.number("V")
    view = View(ident, call.team.id, person.id, content, _hash(call.world), root=ident)
    call.world.homes[person.id] = view
    call.world.touch()
    return {"view": showing.view(call.world, view)}


def put(world: World, team: str, person: str, content: Json, below: View | None = None) -> View:
    """Show a modal, alone or on top of another."""
    ident = world.number("V")
    view = View(ident, team, person, content, _hash(world), root=below.root if below else ident)
    if below is None:
        close_all(world, person)
    else:
        view = replace(view, previous=below.id)
    world.views[ident] = view
    world.touch()
    return view


def stacked(world: World, person: str) -> list[View]:
    """The modals a person has before them, the top one last."""
    return [view for view in world.views.values() if view.user == person]


def close_all(world: World, person: str) -> None:
    for view in stacked(world, person):
        del world.views[view.id]
    world.touch()


def checked(content: Any, surface: str = "modal") -> Json:
    """A view as an app gave it, within Slack's limits."""
    modals.check(content, surface=surface, size=len(msgspec.json.encode(content)))
    found: Json = content
    return found


def change(world: World, view: View, content: Json) -> None:
    """The same view with other content; what was filled in is gone."""
    view.content, view.hash, view.state = content, _hash(world), {}


def _external(call: Call) -> View | None:
    named = call.arguments.text("external_id")
    return next(
        (view for view in call.world.views.values() if named and view.content.get("external_id") == named), None
    )


def _given(call: Call, surface: str) -> Json:
    return checked(call.arguments.structure("view"), surface)


def _hash(world: World) -> str:
    """When it was drawn, and something besides: https://docs.slack.dev/reference/methods/views.update."""
    return f"{int(world.clock.now())}.{secrets.token_hex(4)}"
