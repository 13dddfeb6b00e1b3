"""The modals, and what was submitted with them as typed values. Standard library only: the ingress opens them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.reasons import REASON_LABELS
from integrations.slack.escaping import inert
from integrations.slack.wording import AUDIENCE_LABELS
from rag_core.domain import LONGEST_COMMENT, REASONS, Audience, QuestionId, SourceName
from rag_core.errors import RejectedError

View = dict[str, Any]

FEEDBACK, CHANNEL_SETTINGS = "feedback", "channel_settings"  # callback ids
REASON, COMMENT, CHANNEL, AUDIENCE, SOURCES, AUTOMATIC = (
    "reason",
    "comment",
    "channel",
    "audience",
    "sources",
    "automatic",
)  # block ids, and the action ids within them
OPTIONS = 100  # of a select
LABEL, VALUE = 75, 150  # characters of an option
SETTINGS_VALUE = 2_000  # of the button that carries them
ON = "on"
UNREADABLE = "this modal holds nothing that could be read"


class UnfitError(RejectedError):
    """What was submitted cannot be taken; `errors` says why, by block, and the modal stays open."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Feedback:
    """Why an answer did not help."""

    question_id: QuestionId
    channel: str
    thread: str  # where it was found so, "" at top level
    reason: str
    comment: str


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How a channel is answered. `sources`: None are all."""

    channel: str
    audience: Audience
    sources: frozenset[SourceName] | None
    automatic: bool


def feedback(question_id: QuestionId, channel: str, thread: str) -> View:
    """Opened when somebody found an answer not helpful, which is recorded already."""
    kept = {"question_id": question_id, "channel": channel, "thread": thread}
    reasons = {
        "type": "radio_buttons",
        "action_id": REASON,
        "options": [_option(REASON_LABELS.get(reason, reason), reason) for reason in REASONS],
    }
    comment = {
        "type": "plain_text_input",
        "action_id": COMMENT,
        "multiline": True,
        "max_length": LONGEST_COMMENT,
        "placeholder": _plain("What did you expect instead? Please leave out passwords and personal data."),
    }
    blocks = [_input(REASON, "What was wrong with it?", reasons), _input(COMMENT, "Comment", comment, optional=True)]
    return _modal(FEEDBACK, "Not helpful", "Send", blocks, kept)


def read_feedback(view: Mapping[str, Any]) -> Feedback:
    """Raises UnfitError; RejectedError for a view that is not ours."""
    kept = _kept(view)
    values = _values(view)
    reason = _chosen(values.get(REASON))
    comment = _text(values.get(COMMENT), "value")
    errors = {}
    if reason not in REASONS:
        errors[REASON] = "Please choose what was wrong with it."
    if len(comment) > LONGEST_COMMENT:
        errors[COMMENT] = f"A comment has at most {LONGEST_COMMENT:,} characters."
    if errors:
        raise UnfitError(errors)
    return Feedback(
        QuestionId(_text(kept, "question_id")),
        _text(kept, "channel"),
        _text(kept, "thread"),
        reason,
        comment,
    )


def channel_settings(sources: Sequence[SourceName], current: ChannelSettings | None = None) -> View:
    """For admins. Sources a channel is restricted to are offered even where they hold no documents now."""
    channel: View = {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    audiences: View = {
        "type": "radio_buttons",
        "action_id": AUDIENCE,
        "options": [_option(AUDIENCE_LABELS[each], each.value) for each in Audience],
    }
    chosen = current.audience if current else Audience.PUBLIC
    audiences["initial_option"] = _option(AUDIENCE_LABELS[chosen], chosen.value)
    on = _option("Answer every question, also where I am not mentioned", ON)
    automatic: View = {"type": "checkboxes", "action_id": AUTOMATIC, "options": [on]}
    if current:
        channel["initial_conversation"] = current.channel
        if current.automatic:
            automatic["initial_options"] = [on]
    hint = "In channels shared with other companies, and for guests, public documents only, whatever is set here."
    blocks = [
        _input(CHANNEL, "Channel", channel),
        _input(AUDIENCE, "Answer from", audiences) | {"hint": _plain(hint)},
        *_sources(sources, current.sources if current else None),
        _input(AUTOMATIC, "Automatic answers", automatic, optional=True),
    ]
    return _modal(CHANNEL_SETTINGS, "Channel settings", "Save", blocks, {})


def read_channel_settings(view: Mapping[str, Any]) -> ChannelSettings:
    """Raises UnfitError; RejectedError for a view that is not ours."""
    values = _values(view)
    channel = _text(values.get(CHANNEL), "selected_conversation")
    audience = _chosen(values.get(AUDIENCE))
    errors = {}
    if not channel:
        errors[CHANNEL] = "Please choose a channel."
    if audience not in set(Audience):
        errors[AUDIENCE] = "Please choose which documents to answer from."
    if errors:
        raise UnfitError(errors)
    sources = frozenset(SourceName(each) for each in _all_chosen(values.get(SOURCES)))
    return ChannelSettings(channel, Audience(audience), sources or None, ON in _all_chosen(values.get(AUTOMATIC)))


def settings_value(settings: ChannelSettings) -> str:
    """For the button that edits them: the modal then needs no look at what is stored."""
    kept = {
        CHANNEL: settings.channel,
        AUDIENCE: settings.audience.value,
        SOURCES: sorted(settings.sources) if settings.sources is not None else None,
        AUTOMATIC: settings.automatic,
    }
    value = json.dumps(kept, ensure_ascii=False)
    return value if len(value) <= SETTINGS_VALUE else ""  # to be chosen anew


def settings_of(value: str) -> ChannelSettings | None:
    """None where the button carries none."""
    try:
        kept = json.loads(value)
        sources = kept[SOURCES]
        return ChannelSettings(
            str(kept[CHANNEL]),
            Audience(kept[AUDIENCE]),
            frozenset(SourceName(str(each)) for each in sources) if sources is not None else None,
            bool(kept[AUTOMATIC]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _sources(sources: Sequence[SourceName], chosen: frozenset[SourceName] | None) -> list[View]:
    """None where there is nothing to choose between."""
    first = sorted(chosen or ())
    names = [each for each in dict.fromkeys([*first, *sources]) if each and len(each) <= VALUE]
    if not names:
        return []
    select: View = {
        "type": "multi_static_select",
        "action_id": SOURCES,
        "options": [_option(_ending(each), each) for each in names[:OPTIONS]],
        "placeholder": _plain("All sources"),
    }
    if first and first == names[: len(first)] and len(first) <= OPTIONS:
        select["initial_options"] = [_option(_ending(each), each) for each in first]
    found = _input(SOURCES, "Only from these sources", select, optional=True)
    missing = len(set(sources)) - len(set(names[:OPTIONS]) & set(sources))
    hint = "Leave it empty for all sources."
    if missing:
        hint += f" {missing} more cannot be shown here: Slack takes {OPTIONS}, with names of {VALUE} characters."
    return [found | {"hint": _plain(hint)}]


def _ending(name: str) -> str:
    """What tells long names apart stands at their end."""
    return name if len(name) <= LABEL else f"…{name[1 - LABEL :]}"


def _modal(callback_id: str, title: str, submit: str, blocks: list[View], kept: Mapping[str, str]) -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps(kept),
        "blocks": blocks,
    }


def _input(block_id: str, label: str, element: View, *, optional: bool = False) -> View:
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label),
        "element": element,
        "optional": optional,
    }


def _plain(text: str) -> View:
    return {"type": "plain_text", "text": text, "emoji": False}


def _option(label: str, value: str) -> View:
    return {"text": _plain(inert(label, LABEL)), "value": value}


def _kept(view: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except (ValueError, TypeError, RecursionError) as error:
        raise RejectedError("this modal was not opened by this bot") from error
    if not isinstance(kept, dict):
        raise RejectedError("this modal was not opened by this bot")
    return kept


def _values(view: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What each block holds; its action has the block's own name."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, dict) else None
    if not isinstance(values, dict):
        raise RejectedError(UNREADABLE)
    found = {name: held.get(name) for name, held in values.items() if isinstance(held, dict)}
    return {name: held for name, held in found.items() if isinstance(held, dict)}


def _chosen(held: Mapping[str, Any] | None) -> str:
    option = (held or {}).get("selected_option")
    return _text(option, "value") if isinstance(option, dict) else ""


def _all_chosen(held: Mapping[str, Any] | None) -> Iterable[str]:
    options = (held or {}).get("selected_options") or []
    if not isinstance(options, list):
        raise RejectedError(UNREADABLE)
    return [_text(each, "value") for each in options if isinstance(each, dict)]


def _text(held: Mapping[str, Any] | None, name: str) -> str:
    """Empty where there is none. Raises RejectedError for what is no text."""
    found = (held or {}).get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise RejectedError(UNREADABLE)
    return found
