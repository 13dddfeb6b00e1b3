"""`supportbot zendesk app`: the sidebar app as a package that Zendesk takes."""

from pathlib import Path

import click

from bot.settings import load
from integrations.zendesk.packaging import Sidebar
from rag_core.errors import MisconfiguredError

NEXT = (
    "In Zendesk: Admin Center > Apps and integrations > Zendesk Support apps > Upload private app. "
    "Give it the value of SUPPORTBOT_ZENDESK_APP_SECRET as its shared secret."
)

SECRETLESS = (
    "SUPPORTBOT_ZENDESK_APP_SECRET is not set here, and where the bot runs the sidebar does not work without. Make one "
    "with: openssl rand -hex 32"
)


@click.group("app")
def command() -> None:
    """The app in the sidebar of a ticket."""


@command.command("build")
@click.option("--api-host", metavar="HOST", help="Where the bot's API is reached [SUPPORTBOT_PUBLIC_URL].")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("supportbot-sidebar.zip"),
    show_default=True,
    help="The package.",
)
def build(api_host: str | None, output: Path) -> None:
    """Check the app and pack it for Zendesk."""
    settings = load()
    address = api_host or settings.public_url
    if not address:
        raise MisconfiguredError("where is the bot's API? Give --api-host, or set SUPPORTBOT_PUBLIC_URL")
    sidebar = Sidebar.of(address)
    package = sidebar.build()
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(package.content)
    click.echo(f"{output}: {len(package.content):,} bytes, for the API at {sidebar.url}\nsha256 {package.sha256}")
    click.echo(NEXT)
    if not settings.zendesk_app_secret:
        click.echo(SECRETLESS, err=True)
