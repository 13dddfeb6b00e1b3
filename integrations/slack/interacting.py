"""What an interaction is answered with at once: the modal it opens, or what is wrong with the submitted one."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations.slack.receiving import Kind, Received

if TYPE_CHECKING:
    from rag_core.domain import SourceName

RATE, SETTINGS = "rate", "open_channel_settings"  # action ids
NOT_HELPFUL = "not_helpful:"  # before the question's id
FEEDBACK, CHANNEL_SETTINGS = "feedback", "channel_settings"  # callback ids

View = Mapping[str, Any]


class Interactions:
    """`sources` gives what a channel may be restricted to."""

    def __init__(self, sources: "Callable[[], Sequence[SourceName]]") -> None:
        self._sources = sources

    def modal(self, found: Received) -> View | None:
        """None where nothing is to be opened."""
        if found.kind is not Kind.ACTION:
            return None
        action = found.actions[0]
        name, value = action.get("action_id"), action.get("value")
        if name == RATE and isinstance(value, str) and value.startswith(NOT_HELPFUL):
            return _feedback(found.payload, value.removeprefix(NOT_HELPFUL))
        if name == SETTINGS:
            from integrations.slack import modals

            current = modals.settings_of(value) if isinstance(value, str) else None
            return modals.channel_settings(self._sources(), current)
        return None

    def errors(self, found: Received) -> Mapping[str, str]:
        """By block, for a person; with any the modal stays open. Raises RejectedError for a view that is not ours."""
        if found.kind is not Kind.SUBMISSION:
            return {}
        from integrations.slack import modals

        view = found.payload["view"]
        readers: dict[object, Callable[[View], object]] = {
            FEEDBACK: modals.read_feedback,
            CHANNEL_SETTINGS: modals.read_channel_settings,
        }
        try:
            for name, read in readers.items():
                if view.get("callback_id") == name:
                    read(view)
        except modals.UnfitError as error:
            return error.errors
        return {}


def _feedback(payload: View, question_id: str) -> View:
    from integrations.slack import modals
    from rag_core.domain import QuestionId

    container, channel = payload.get("container"), payload.get("channel")
    thread = container.get("thread_ts") if isinstance(container, dict) else None
    channel_id = channel.get("id") if isinstance(channel, dict) else None
    return modals.feedback(QuestionId(question_id), str(channel_id or ""), str(thread or ""))
