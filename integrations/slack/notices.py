"""Every sentence a person reads in Slack that is no answer: one place for each kind.

What went wrong, then what to do; names and reasons that others wrote are escaped.
"""

from collections.abc import Sequence

from integrations.reasons import REASON_LABELS
from integrations.slack import escaping
from integrations.slack.messages import Message, context, mrkdwn, notice

STAGES = {  # as the core names them, and as a person waits for them
    "": "Reading the question…",
    "rewrite": "Reading the question…",
    "embed": "Searching the documentation…",
    "retrieve": "Searching the documentation…",
    "judge": "Comparing what was found…",
    "rerank": "Comparing what was found…",
    "draft": "Writing a draft with its sources…",
}
PROMPTS = (
    ("What can you do?", "What can you help me with?"),
    ("Find the steps", "How do I reset my password?"),
    ("Check a limit", "What limits does our plan have?"),
    ("Explain an error", "What does this error mean, and what can I do about it?"),
)
LISTED = 5  # files by name


def status(stage: str) -> str:
    return STAGES.get(stage, "Working on it…")


def placeholder(stage: str = "") -> Message:
    return notice(f":hourglass_flowing_sand: {status(stage)}", fallback=status(stage))


def failed(question_id: str) -> Message:
    """For good: whoever asked must not wait any longer."""
    text = (
        "Sorry, I could not answer this: something I depend on did not work. "
        "Please ask again in a few minutes, or ask a person."
    )
    return notice(text, _for_reports(question_id))


def not_done(question_id: str) -> Message:
    """For good, of what is no question: a command, a button, a modal."""
    text = (
        "Sorry, this did not work: something I depend on did not answer, or is not set up. "
        "Please try again in a few minutes, or tell whoever runs this bot."
    )
    return notice(text, _for_reports(question_id))


def rejected(reason: str, question_id: str = "") -> Message:
    """`reason` is an error's own sentence, made for a person."""
    said = escaping.inert(reason, 1_000)
    text = f"I cannot answer this as it is: {escaping.escaped(said.rstrip('.'))}."
    return notice(text, *([_for_reports(question_id)] if question_id else []))


def files_declined(names: Sequence[str]) -> Message:
    shown = ", ".join(f"“{escaping.escaped(escaping.inert(name, 80))}”" for name in names[:LISTED])
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return notice(
        f"I did not read {shown}{more}: I can read plain text files only, no images and no large files. "
        "If the question depends on what is in there, please paste it as text."
    )


def refused(command: str) -> Message:
    shown = escaping.escaped(escaping.inert(command, 60))
    return notice(
        f"“{shown}” is for admins of this bot only. Please ask a workspace admin, "
        "or somebody in the user group that runs this bot."
    )


def not_allowed() -> Message:
    return notice("Only admins of this bot can change that. Nothing was changed.")


def settled() -> Message:
    return notice("Your settings are kept. App Home could not be shown anew just now: open it again to see them.")


def no_question() -> Message:
    return notice(
        "What would you like to know? Write your question after my name or after `/support`, and I answer from the "
        "documents."
    )


def welcome() -> Message:
    text = "Hello! Ask me a question, and I answer from the documents, with my sources."
    return notice(text, context("If I do not know, I say so; “Ask a human” passes your question on to a person."))


def stopped() -> Message:
    return notice("Stopped. Ask again whenever you like.")


def shared_to(channel: str) -> Message:
    return notice(
        f"Shared to {escaping.channel(channel)}, where everyone can see it.", fallback="The draft was shared."
    )


def sharing_failed() -> Message:
    return notice(
        "I could not share this: I am not in that conversation, or it is closed. "
        "Invite me there, then press Share again."
    )


def turning_failed() -> Message:
    return notice(
        "I cannot show the other parts of this draft any more: it is too old, or somebody else may read here now. "
        "Please ask again."
    )


def not_yours() -> Message:
    return notice("Only the person who asked can do that.")


def rated(*, helpful: bool, reason: str = "") -> Message:
    """For the rater alone: what was recorded, and that it can be changed."""
    why = f" ({REASON_LABELS[reason]})" if reason in REASON_LABELS else ""
    verdict = "helpful" if helpful else f"not helpful{why}"
    return notice(f":white_check_mark: Recorded: {verdict}. Thank you! Press the other thumb to change your mind.")


def rating_failed() -> Message:
    return notice("Your rating could not be recorded: I do not find the answer any more. Nothing else is affected.")


def escalated(by: str, *, ticket_url: str | None = None, group_id: str | None = None, direct: bool = False) -> Message:
    """In the thread: where the question went, by our own tokens alone; `direct`: the group does not read there."""
    passed = f"{escaping.person(by)} asked for a person."
    if ticket_url:
        ticket = escaping.link(ticket_url, "this ticket")
        return notice(
            f":raising_hand: {passed} The conversation so far is in {ticket}; somebody will take it from there.",
            fallback="A person was asked to help: there is a ticket with the conversation so far.",
        )
    if group_id and direct:
        return notice(
            f":raising_hand: {passed} {escaping.group(group_id)} can help, but does not read what we write here: "
            "please ask in a channel, or write to one of them.",
            fallback="A person was asked for, but nobody who can help reads what we write here.",
        )
    if group_id:
        return notice(
            f":raising_hand: {passed} {escaping.group(group_id)}, can somebody help here?",
            fallback=f"{escaping.group(group_id)}, can somebody help here?",
        )
    return notice(
        f":raising_hand: {passed} No team is set up for that here, so please mention somebody who can help.",
        fallback="A person was asked to help, but no team is set up for that here.",
    )


def escalation_failed() -> Message:
    return notice(
        "I could not pass this on just now. Please press “Ask a human” again in a minute, or mention somebody."
    )


def escalated_note(by: str, *, ticket_url: str | None = None, passed_on: bool = True) -> str:
    """For `answers.settled`."""
    if not passed_on:
        return f":raising_hand: {escaping.person(by)} asked for a person."
    where = f": {escaping.link(ticket_url, 'ticket')}" if ticket_url else ""
    return f":raising_hand: Passed on to a person by {escaping.person(by)}{where}."


def resolved_note(by: str) -> str:
    """For `answers.settled`."""
    return f"Marked as resolved by {escaping.person(by)}. Mention me to ask something else."


def _for_reports(question_id: str) -> dict[str, object]:
    shown = escaping.escaped(escaping.inert(question_id, 80))
    return {"type": "context", "elements": [mrkdwn(f"If you report this, please give this number: {shown}")]}
