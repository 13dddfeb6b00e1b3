"""What somebody who asks by a command is told at once: their question again, as Slack shows nobody what they typed.

It stands above the reply for good, so it holds before that comes and after.
"""

from typing import Any

from integrations.slack.escaping import escaped, inert
from integrations.slack.messages import context, notice
from integrations.slack.reading import plain

LONGEST = 300  # characters of the question
ALONE = "Asked with `/support`: only you see this and the reply to it, until you share that."


def heard(question: str) -> dict[str, Any]:
    """For the request's own response; `question` as Slack sends it."""
    shown = f"> {escaped(inert(plain(question), LONGEST))}"
    return {"response_type": "ephemeral"} | notice(shown, context(ALONE), fallback=f"{shown}\n{ALONE}").body()
