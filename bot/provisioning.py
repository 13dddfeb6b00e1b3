"""Setting up Zendesk, made from the settings: for which installation, and where its webhook calls."""

from urllib.parse import urlsplit

from bot import zendesk
from bot.agreeing import OAUTH
from bot.arriving import ZENDESK
from bot.settings import Settings, missing, wrong
from integrations.zendesk.administering import Administration
from integrations.zendesk.provisioning import Provisioning
from integrations.zendesk.wanting import Wanted

LOCAL = ("127.0.0.1", "localhost", "::1")


def endpoint(settings: Settings) -> str:
    """What Zendesk's webhook calls. Raises MisconfiguredError."""
    if not settings.public_url:
        raise missing(["public_url"], "it is the https address at which Zendesk reaches this bot (docs/zendesk.md)")
    address = settings.address("public_url")
    if address.scheme != "https" and address.hostname not in LOCAL:
        raise wrong("public_url", "Zendesk is to call it by https")
    if address.query or address.fragment or address.username is not None:
        raise wrong("public_url", "it reads https://host or https://host/path")
    return f"{settings.public_url.rstrip('/')}{ZENDESK}"


def check(settings: Settings) -> None:
    """Before anybody signs in. Raises MisconfiguredError, which names all that is missing."""
    if not settings.zendesk_subdomain:
        absent = ["zendesk_subdomain", *OAUTH, *([] if settings.public_url else ["public_url"])]
        raise missing(absent, "docs/zendesk.md says what each is")
    endpoint(settings)


def administration(settings: Settings) -> Administration:
    """Raises MisconfiguredError; UnavailableError when a secret cannot be read now."""
    return Administration(zendesk.client(settings))


def provisioning(settings: Settings, of: Administration, bot: int) -> Provisioning:
    """`bot`: the user that it signs in as where it runs."""
    return Provisioning(of, Wanted(endpoint(settings), bot, settings.tenant))


def account(settings: Settings) -> str:
    return urlsplit(settings.zendesk_url).netloc or f"{settings.zendesk_subdomain}.zendesk.com"
