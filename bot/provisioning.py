"""Setting up Zendesk, made from the settings: for which installation, and where its webhook calls."""

from urllib.parse import urlsplit

from bot import zendesk
from bot.arriving import ZENDESK
from bot.settings import Settings, wrong
from integrations.zendesk.administering import Administration
from integrations.zendesk.provisioning import Provisioning
from integrations.zendesk.wanting import Wanted

LOCAL = ("127.0.0.1", "localhost", "::1")


def endpoint(settings: Settings) -> str:
    """What Zendesk's webhook calls. Raises MisconfiguredError."""
    if not settings.public_url:
        raise wrong("public_url", "it is needed, as Zendesk calls it: https://..., where this bot's API is reached")
    address = settings.address("public_url")
    if address.scheme != "https" and address.hostname not in LOCAL:
        raise wrong("public_url", "Zendesk is to call it by https")
    if address.query or address.fragment or address.username is not None:
        raise wrong("public_url", "it reads https://host or https://host/path")
    return f"{settings.public_url.rstrip('/')}{ZENDESK}"


def administration(settings: Settings) -> Administration:
    """Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
    if not settings.zendesk_subdomain:
        raise wrong("zendesk_subdomain", "it is needed, and a sign-in: which Zendesk is it? (docs/zendesk.md)")
    return Administration(zendesk.client(settings))


def provisioning(settings: Settings, of: Administration, bot: int) -> Provisioning:
    """`bot`: the user that it signs in as where it runs."""
    return Provisioning(of, Wanted(endpoint(settings), bot, settings.tenant))


def account(settings: Settings) -> str:
    return urlsplit(settings.zendesk_url).netloc or f"{settings.zendesk_subdomain}.zendesk.com"
