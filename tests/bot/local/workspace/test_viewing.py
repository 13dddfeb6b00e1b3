import json
from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.interactions import NoSuchElementError
from bot.local.workspace.nouns import Channel, Json, User, View
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import actions, button, field, modal, section, select
from tests.bot.local.workspace.telling import Told

Refused = Callable[..., Json]


@pytest.fixture
def trigger(slack: Workspace, told: Told, help_: Channel, ada: User) -> str:
    slack.command(ada, help_, "/support", "x")
    found = told.payloads[-1]["trigger_id"]
    assert isinstance(found, str)
    return found


@pytest.fixture
def form(slack: Workspace, client: WebClient, trigger: str, ada: User) -> View:
    reasons = field("reason", select("reason", "wrong", "outdated"))
    client.views_open(trigger_id=trigger, view=modal(field("comment"), reasons, private_metadata="m1"))
    opened = slack.modal(ada)
    assert opened is not None
    return opened


def test_a_submitted_modal_brings_its_fields_and_closes(slack: Workspace, told: Told, form: View, ada: User) -> None:
    slack.submit(ada, form, {"comment": "old news", "reason": "outdated"})
    payload = told.payloads[-1]
    assert (payload["type"], payload["view"]["id"], payload["view"]["private_metadata"]) == (
        "view_submission",
        form.id,
        "m1",
    )
    values = payload["view"]["state"]["values"]
    assert values["block-comment"]["comment"] == {"type": "plain_text_input", "value": "old news"}
    assert values["block-reason"]["reason"]["selected_option"]["value"] == "outdated"
    assert slack.modal(ada) is None


def test_a_field_left_alone_is_empty_and_one_that_is_not_there_cannot_be_filled(
    slack: Workspace, told: Told, form: View, ada: User
) -> None:
    with pytest.raises(NoSuchElementError, match="no field called colour"):
        slack.submit(ada, form, {"colour": "red"})
    slack.submit(ada, form)
    values = told.payloads[-1]["view"]["state"]["values"]
    assert values["block-comment"]["comment"]["value"] is None
    assert values["block-reason"]["reason"]["selected_option"] is None


def test_errors_keep_a_modal_open(slack: Workspace, told: Told, form: View, ada: User) -> None:
    errors = {"response_action": "errors", "errors": {"block-comment": "Say more."}}
    told.answers = [(200, json.dumps(errors).encode())]
    slack.submit(ada, form, {"comment": "x"})
    assert slack.modal(ada) is form
    told.answers = [(200, json.dumps(errors | {"errors": {"nowhere": "x"}}).encode())]
    with pytest.raises(NoSuchElementError, match="nowhere"):
        slack.submit(ada, form, {"comment": "x"})


def test_an_answer_can_put_another_modal_on_top_or_in_place(
    slack: Workspace, told: Told, form: View, ada: User
) -> None:
    told.answers = [(200, json.dumps({"response_action": "push", "view": modal(section("second"))}).encode())]
    slack.submit(ada, form)
    second = slack.modal(ada)
    assert second is not None
    assert (second.previous, second.root) == (form.id, form.id)
    told.answers = [(200, json.dumps({"response_action": "update", "view": modal(section("third"))}).encode())]
    slack.submit(ada, second)
    assert second.content["blocks"][0]["text"]["text"] == "third"
    told.answers = [(200, b'{"response_action": "clear"}')]
    slack.submit(ada, second)
    assert slack.modal(ada) is None


def test_a_trigger_opens_one_modal_within_three_seconds(
    slack: Workspace, client: WebClient, told: Told, help_: Channel, ada: User, trigger: str, refused: Refused
) -> None:
    view = modal(section("x"))
    client.views_open(trigger_id=trigger, view=view)
    assert refused(client.views_open, trigger_id=trigger, view=view)["error"] == "exchanged_trigger_id"
    assert refused(client.views_open, trigger_id="1.2.3", view=view)["error"] == "invalid_trigger_id"
    slack.command(ada, help_, "/support", "x")
    slack.pass_time(4)
    late = told.payloads[-1]["trigger_id"]
    assert refused(client.views_open, trigger_id=late, view=view)["error"] == "expired_trigger_id"


def test_a_modal_is_updated_unless_it_changed_meanwhile(client: WebClient, form: View, refused: Refused) -> None:
    stale = form.hash
    client.views_update(view_id=form.id, hash=stale, view=modal(section("new")))
    assert form.content["blocks"][0]["text"]["text"] == "new"
    assert refused(client.views_update, view_id=form.id, hash=stale, view=modal())["error"] == "hash_conflict"
    assert refused(client.views_update, view_id="V404", view=modal())["error"] == "not_found"


def test_a_closed_modal_is_told_where_the_app_asked_for_it(
    slack: Workspace, client: WebClient, told: Told, form: View, help_: Channel, ada: User
) -> None:
    slack.close(ada, form)
    assert slack.modal(ada) is None
    slack.command(ada, help_, "/support", "x")
    trigger = told.payloads[-1]["trigger_id"]
    client.views_open(trigger_id=trigger, view=modal(section("x"), notify_on_close=True))
    opened = slack.modal(ada)
    assert opened is not None
    slack.close(ada, opened)
    assert [payload.get("type") for payload in told.payloads].count("view_closed") == 1


def test_a_home_is_published_and_clicked(
    slack: Workspace, client: WebClient, told: Told, ada: User, refused: Refused
) -> None:
    home = {"type": "home", "blocks": [section("Welcome"), actions(button("open_channel_settings"))]}
    first = client.views_publish(user_id=ada.id, view=home)["view"]
    again = client.views_publish(user_id=ada.id, view=home)["view"]
    assert first["id"] == again["id"]
    shown = slack.home(ada)
    assert shown is not None
    slack.click(ada, shown, "open_channel_settings")
    payload = told.payloads[-1]
    assert (payload["container"], payload["view"]["type"]) == ({"type": "view", "view_id": first["id"]}, "home")
    assert "response_url" not in payload
    slack.open_home(ada)
    assert told.events[-1]["view"]["id"] == first["id"]
    with pytest.raises(NoSuchElementError, match="does not see"):
        slack.click(slack.add_person("Grace"), shown, "open_channel_settings")
    wrong = refused(client.views_publish, user_id=ada.id, view=modal())
    assert wrong["error"] == "invalid_arguments"


def test_an_agent_shows_prompts_status_and_session(
    slack: Workspace, client: WebClient, ada: User, refused: Refused
) -> None:
    direct = slack.direct(ada)
    asked = slack.say(direct, ada, "how?")
    prompt = {"title": "Ask", "message": "How?"}
    client.assistant_threads_setSuggestedPrompts(channel_id=direct.id, thread_ts=asked.ts, prompts=[prompt])
    assert slack.world.prompts == {}
    client.assistant_threads_setSuggestedPrompts(channel_id=direct.id, prompts=[prompt])
    assert slack.world.prompts[direct.id]["prompts"] == [prompt]
    many = refused(client.assistant_threads_setSuggestedPrompts, channel_id=direct.id, prompts=[prompt] * 5)
    assert many["error"] == "invalid_arguments"
    client.assistant_threads_setStatus(
        channel_id=direct.id, thread_ts=asked.ts, status="is looking", loading_messages=["Reading"]
    )
    assert slack.world.statuses[(direct.id, asked.ts)]["status"] == "is looking"
    client.chat_postMessage(channel=direct.id, thread_ts=asked.ts, text="So.")
    assert slack.world.statuses == {}
    answer = client.agents_sessions_setStatus(channel_id=direct.id, thread_ts=asked.ts, status="processing", title="T")
    assert (answer["status"], slack.world.sessions[(direct.id, asked.ts)]["title"]) == ("processing", "T")
    wrong = refused(client.agents_sessions_setStatus, channel_id=direct.id, thread_ts=asked.ts, status="asleep")
    assert wrong["error"] == "invalid_arguments"
