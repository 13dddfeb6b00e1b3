"""assistant.threads.* and agents.sessions.*: what an agent shows of its work."""

from bot.local.workspace.calling import Call
from bot.local.workspace.nouns import Channel, Json
from bot.local.workspace.refusing import RefusalError

SESSIONS = {"active", "processing", "suspended", "closed"}
PROMPTS, LOADING, TITLE = 4, 10, 200


def _channel(call: Call) -> Channel:
    return call.channel("channel_id")


def set_status(call: Call) -> Json:
    channel = _channel(call)
    loading = call.arguments.structure("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > LOADING:
        raise RefusalError("invalid_arguments")
    thread = call.arguments.needed("thread_ts")
    call.world.statuses[(channel.id, thread)] = {
        "status": call.arguments.text("status"),
        "loading_messages": loading,
        "until": call.world.clock.now() + 120,
    }
    call.world.touch()
    return {}


def set_title(call: Call) -> Json:
    channel = _channel(call)
    call.world.sessions.setdefault((channel.id, call.arguments.needed("thread_ts")), {})["title"] = call.arguments.text(
        "title"
    )
    call.world.touch()
    return {}


def set_prompts(call: Call) -> Json:
    """For an agent the prompts belong to the conversation: with a thread_ts nothing is shown, and nothing said."""
    channel = _channel(call)
    prompts = call.arguments.structure("prompts")
    if not isinstance(prompts, list) or not 0 < len(prompts) <= PROMPTS:
        raise RefusalError("invalid_arguments")
    if not all(isinstance(each, dict) and each.get("title") and each.get("message") for each in prompts):
        raise RefusalError("invalid_arguments")
    if not call.arguments.has("thread_ts"):
        call.world.prompts[channel.id] = {"title": call.arguments.text("title"), "prompts": prompts}
        call.world.touch()
    return {}


def set_session(call: Call) -> Json:
    channel = _channel(call)
    status = call.arguments.needed("status")
    if status not in SESSIONS or len(call.arguments.text("title")) > TITLE:
        raise RefusalError("invalid_arguments")
    session = call.world.sessions.setdefault((channel.id, call.arguments.text("thread_ts") or None), {})
    session.setdefault("title", call.arguments.text("title"))
    session["status"] = status
    call.world.touch()
    return {"status": status, "agent_status": status, "title": session["title"]}
