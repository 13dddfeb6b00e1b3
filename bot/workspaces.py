"""The app in one workspace or in several, made from the settings: whose token acts where."""

from typing import TYPE_CHECKING

from bot import quick
from bot.app import App
from bot.settings import Settings
from integrations.slack.authorizing import Authorizing
from integrations.slack.identifying import FixedInstallation
from integrations.slack.installing import SlackInstallations, Workspaces
from integrations.slack.renewing import OAuthApp, Renewal
from integrations.slack.sealing import Seal
from integrations.slack.storing import InstallationRecords
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError

if TYPE_CHECKING:
    from integrations.slack.calling import Slack
    from integrations.slack.needs import Installations

BOT, APP = "xoxb-", "xapp-"  # what the tokens begin with


def installations(app: App) -> "Installations":
    """Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
    settings = app.settings
    if not settings.slack_client_id:
        return FixedInstallation(bot_token(settings))
    oauth, store = _oauth(settings), _store(app)
    return SlackInstallations(oauth, store, Renewal(oauth, store, app.claims), _workspaces(settings))


def calls(app: App, team: str, deadline: Deadline) -> "Slack":
    """The Web API of one workspace, for what is said outside its conversations. Raises as `installations`."""
    from slack_sdk import WebClient

    from integrations.slack.calling import Slack
    from integrations.slack.silencing import quiet

    token = installations(app).token(team, None).token
    client = WebClient(token, base_url=app.settings.slack_url, retry_handlers=[], logger=quiet())
    return Slack(client, deadline, bot_user="")


def authorizing(app: App) -> Authorizing:
    """The pages by which an admin installs the app in a workspace of theirs."""
    settings = app.settings
    return Authorizing(
        _oauth(settings), _store(app), app.claims, _workspaces(settings), redirect_url=settings.slack_redirect_url
    )


def bot_token(settings: Settings) -> str:
    """Raises MisconfiguredError for one that is none."""
    return checked("SLACK_BOT_TOKEN", quick.revealed(settings, settings.slack_bot_token), BOT)


def app_token(settings: Settings) -> str:
    """As `bot_token`, of Socket Mode."""
    return checked("SLACK_APP_TOKEN", quick.revealed(settings, settings.slack_app_token), APP)


def checked(name: str, value: str, prefix: str) -> str:
    """A token of the right kind: they are easily taken one for the other. Never quoted."""
    if not value:
        raise MisconfiguredError(f"SUPPORTBOT_{name} is not set: it begins with {prefix} (docs/slack.md says where)")
    if not value.startswith(prefix) or not value.isascii() or not value.isprintable() or " " in value:
        raise MisconfiguredError(f"SUPPORTBOT_{name} is wrong: it begins with {prefix} and is copied whole")
    return value


def _oauth(settings: Settings) -> OAuthApp:
    return OAuthApp(
        settings.slack_client_id, quick.revealed(settings, settings.slack_client_secret), settings.slack_url
    )


def _store(app: App) -> InstallationRecords:
    return InstallationRecords(app.records, Seal(quick.revealed(app.settings, app.settings.slack_encryption_key)))


def _workspaces(settings: Settings) -> Workspaces:
    return Workspaces(frozenset(settings.slack_workspaces.replace(",", " ").split()))
