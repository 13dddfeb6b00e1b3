"""What a person sees before they ask: App Home, and what they could begin with."""

from collections.abc import Mapping
from typing import Any

from integrations.slack import home, notices
from integrations.slack.calling import Slack
from integrations.slack.needs import Access, Core


class Welcoming:
    """Answers `app_home_opened`."""

    def __init__(self, core: Core, access: Access) -> None:
        self._core, self._access = core, access

    def open(self, event: Mapping[str, Any], team: str, slack: Slack) -> None:
        """Both may be done again."""
        if event.get("tab") == "messages":
            self._prompt(str(event["channel"]), slack)
        else:
            self.show(str(event["user"]), team, slack)

    def show(self, user: str, team: str, slack: Slack) -> None:
        is_admin = self._access.is_admin(team, user, slack)
        known = home.ForAdmins(self._core.week(), self._access.channels(team)) if is_admin else None
        slack.call(slack.client.views_publish, user_id=user, view=home.home(known))

    @staticmethod
    def _prompt(channel: str, slack: Slack) -> None:
        prompts = [{"title": title, "message": message} for title, message in notices.PROMPTS]
        # Not with a thread_ts: Slack then says yes, and an agent's person sees nothing.
        slack.call(slack.client.assistant_threads_setSuggestedPrompts, channel_id=channel, prompts=prompts)
