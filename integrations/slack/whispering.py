"""Tell one person alone.

What only one person sees nobody can look up, so a lost response leaves it open whether it was told: then it is told
again, as twice is better than never.
"""

from contextlib import suppress
from dataclasses import dataclass

from integrations.slack.calling import RefusedError, Slack
from integrations.slack.escaping import escaped
from integrations.slack.fetching import Web
from integrations.slack.messages import SECTION, Block, Message, section
from integrations.slack.splitting import split


@dataclass(frozen=True, slots=True)
class Ear:
    """Where a person hears us."""

    channel: str
    user: str
    thread: str | None = None  # an active one: elsewhere Slack shows nothing
    response_url: str = ""  # good for five answers within half an hour, and where the bot is no member


class Whispering:
    """Ephemeral messages, by whichever way is open."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def tell(self, ear: Ear, message: Message, slack: Slack, *, by_url: bool = False) -> None:
        """Raises RefusedError where no way is open; `by_url`: that one first."""
        ways = [self._respond, self._post] if by_url else [self._post, self._respond]
        for way in ways:
            with suppress(RefusedError):
                way(ear, message, slack)
                return
        self._respond(ear, _plainer(message), slack)

    def replace(self, ear: Ear, message: Message, slack: Slack) -> None:
        """Put another in the place of what was told. Raises RefusedError where it is too old for that."""
        for tried in (message, _plainer(message)):
            with suppress(RefusedError):
                self._web.respond(ear.response_url, {"replace_original": True, **tried.body()}, slack.deadline)
                return
        raise RefusedError("not_replaced")

    def remove(self, ear: Ear, slack: Slack) -> None:
        """Take away what was told. Raises RefusedError where it is too old for that."""
        self._web.respond(ear.response_url, {"delete_original": True}, slack.deadline)

    def _post(self, ear: Ear, message: Message, slack: Slack) -> None:
        slack.once(
            slack.client.chat_postEphemeral,
            channel=ear.channel,
            user=ear.user,
            thread_ts=ear.thread,
            **message.body(),
        )

    def _respond(self, ear: Ear, message: Message, slack: Slack) -> None:
        if not ear.response_url:
            raise RefusedError("no_response_url")
        payload = {"response_type": "ephemeral", "replace_original": False, **message.body()}
        self._web.respond(ear.response_url, payload, slack.deadline)


def _plainer(message: Message) -> Message:
    """Without `markdown` blocks, which are said to be refused where no token is sent."""
    blocks = list[Block]()
    for block in message.blocks:
        if block["type"] == "markdown":
            blocks += map(section, split(escaped(block["text"]), SECTION))
        else:
            blocks.append(block)
    return Message(message.text, tuple(blocks))
