"""Whether Slack takes what the settings say of it, and lets the app do what it does."""

from collections.abc import Callable, Iterator

from bot import quick, workspaces
from bot.app import App
from bot.settings import Settings, wrong
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError

PATIENCE = 15.0  # seconds for a check
REINSTALL = "update the app from manifest.yml, and install it in the workspace again"


def checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    """Those that the settings ask for, by name."""
    settings = app.settings
    if settings.slack_bot_token:
        yield "Slack bot token", lambda: _bot(settings)
    if settings.slack_app_token:
        yield "Slack app token", lambda: _socket(settings)
    if settings.slack_signing_secret:
        yield "Slack signing secret", lambda: _secret(settings)
    if settings.slack_client_id:
        yield "Slack installations", lambda: _installations(app)
    elif settings.slack_humans or settings.slack_admins:  # of several workspaces nobody knows whose they are
        yield "Slack groups", lambda: _groups(app)
    if settings.slack_admin_channel:
        yield "Slack admin channel", lambda: _admin_channel(app)


def _bot(settings: Settings) -> str:
    from bot.local.socketing import identity
    from integrations.slack.authorizing import SCOPES

    found = identity(workspaces.bot_token(settings), settings.slack_url)
    scopes = frozenset(found["scopes"].replace(",", " ").split())
    if missing := sorted(set(SCOPES) - scopes) if scopes else []:
        raise MisconfiguredError(f"@{found['user']} lacks {', '.join(missing)}: {REINSTALL}")
    told = f"{len(scopes)} scopes" if scopes else "scopes that Slack does not tell"
    return f"@{found['user']} in {found['team']}, with {told}"


def _socket(settings: Settings) -> str:
    from bot.local.socketing import may_connect

    may_connect(workspaces.app_token(settings), settings.slack_url)
    return "Socket Mode may connect"


def _secret(settings: Settings) -> str:
    """No request of Slack's can be asked for: only its form is looked at."""
    found = quick.revealed(settings, settings.slack_signing_secret)
    if len(found) < 32 or not found.isalnum():
        raise MisconfiguredError("it is no signing secret: copy it from Basic Information > App Credentials")
    return f"{len(found)} characters; whether it is this app's shows with the first event"


def _installations(app: App) -> str:
    workspaces.installations(app)
    workspaces.authorizing(app)
    named = app.settings.slack_workspaces.replace(",", " ").split()
    return f"may be installed in {', '.join(named)} from /slack/install"


def _groups(app: App) -> str:
    """As it is asked who is an admin."""
    slack, many = workspaces.calls(app, "", Deadline.within(PATIENCE)), []
    for name, who in (("slack_humans", "humans"), ("slack_admins", "admins")):
        if group := getattr(app.settings, name):
            try:
                people = slack.call(slack.client.usergroups_users_list, usergroup=group)["users"]
            except RejectedError as error:
                raise wrong(name, f"{error}; it is the id of a user group of this workspace") from error
            many.append(f"{len(people)} {who}")
    return f"{' and '.join(many)} in them"


def _admin_channel(app: App) -> str:
    """What notices of the budget need."""
    team, _, channel = app.settings.slack_admin_channel.rpartition("/")
    slack = workspaces.calls(app, team, Deadline.within(PATIENCE))
    try:
        found = slack.call(slack.client.conversations_info, channel=channel)["channel"]
    except RejectedError as error:
        raise wrong("slack_admin_channel", f"{error}; a private channel is seen once the app is in it") from error
    if not found.get("is_member"):
        raise MisconfiguredError(
            f"the app is not in #{found['name']} (SUPPORTBOT_SLACK_ADMIN_CHANNEL), where nothing could be posted: "
            "/invite it there"
        )
    return f"#{found['name']} can be posted to"
