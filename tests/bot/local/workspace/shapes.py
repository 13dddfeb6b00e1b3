"""Blocks and views to post."""

from bot.local.workspace.nouns import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str = "1", text: str = "Go") -> Json:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain(text)}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def feedback(action_id: str = "rate") -> Json:
    element = {
        "type": "feedback_buttons",
        "action_id": action_id,
        "positive_button": {"text": plain("Helpful"), "value": "helpful:1"},
        "negative_button": {"text": plain("Not helpful"), "value": "not_helpful:1"},
    }
    return {"type": "context_actions", "elements": [element]}


def select(action_id: str, *values: str) -> Json:
    options = [{"text": plain(value.title()), "value": value} for value in values]
    return {"type": "static_select", "action_id": action_id, "options": options}


def field(action_id: str, element: Json | None = None) -> Json:
    written = {"type": "plain_text_input", "action_id": action_id}
    return {
        "type": "input",
        "block_id": f"block-{action_id}",
        "optional": True,
        "label": plain(action_id),
        "element": element or written,
    }


def modal(*blocks: Json, **rest: object) -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **rest,
    }
