"""What no type says of a setting: its form, and what it needs beside it.

Apart from the settings, which say what there is.
"""

import re

import msgspec

from bot.settings import BEDROCK, EMBEDDING, SCHEMES, SECRET, Settings, missing, wrong

GROUP = re.compile(r"(?:S[A-Z0-9]{2,20})?", re.ASCII)  # in Slack
ZENDESK = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)  # a subdomain
ADDRESS = re.compile(rf"(?:https?://)?({ZENDESK.pattern})\.zendesk\.com(?:/.*)?", re.ASCII)
SHORTEST_SECRET = 32  # characters: RFC 7518, 3.2, wants a key of HS256 as long as its hash
OAUTH, TOKEN = ("zendesk_client_id", "zendesk_client_secret"), ("zendesk_email", "zendesk_token")
WORKSPACE = re.compile(r"[TE][A-Z0-9]{2,20}", re.ASCII)


def check(settings: Settings) -> None:
    """Raises MisconfiguredError naming the variable."""
    for name, value in msgspec.structs.asdict(settings).items():
        if not _is_text(value):
            raise wrong(name, "it is no text in UTF-8")
    for name in SCHEMES:
        if getattr(settings, name):
            settings.address(name)
    if settings.redis_url:
        _check_login(settings)
    if settings.embedding_model.startswith(BEDROCK) and not EMBEDDING.fullmatch(settings.embedding_model):
        raise wrong("embedding_model", f"it reads {BEDROCK}<model id>, or {BEDROCK}<model id> 1024 float")
    _ = settings.engine_parameters
    _check_slack(settings)
    _check_zendesk(settings)
    if settings.sources:
        from bot import stated_sources

        stated_sources.read(settings)
    needed = ("opensearch_url", "table", "staging_bucket")
    if settings.ingest_queue_url and (absent := _unset(settings, *needed)):
        raise missing(absent, "ingestions by many workers (SUPPORTBOT_INGEST_QUEUE_URL) need it (docs/ingesting.md)")
    if settings.textract:
        from bot import recognition

        recognition.stated(settings)
    if settings.cost_tag and not all(settings.cost_tag.partition("=")):
        raise wrong("cost_tag", "it reads name=value")


def _check_slack(settings: Settings) -> None:
    for name in ("slack_humans", "slack_admins"):
        if not GROUP.fullmatch(getattr(settings, name)):
            raise wrong(name, "it is the id of a user group, such as S0614TZR7")
    if not settings.slack_client_id:
        return
    if settings.slack_bot_token:
        raise wrong(
            "slack_client_id", "it is for several workspaces, SUPPORTBOT_SLACK_BOT_TOKEN for one: set one of them"
        )
    if absent := _unset(settings, "slack_client_secret", "slack_encryption_key", "slack_workspaces"):
        raise missing(absent, "SUPPORTBOT_SLACK_CLIENT_ID does nothing without (docs/slack.md)")
    if not all(WORKSPACE.fullmatch(each) for each in settings.slack_workspaces.replace(",", " ").split()):
        raise wrong("slack_workspaces", "it reads T0123ABCD,E0456EFGH: ids of workspaces and organisations")


def _check_zendesk(settings: Settings) -> None:
    if not settings.zendesk_subdomain:
        used = (settings.zendesk_url, settings.zendesk_webhook_secret, settings.zendesk_app_secret)
        if any((*used, settings.zendesk_ticket_tag)) or _stated(settings, *OAUTH, *TOKEN):
            raise missing(["zendesk_subdomain"], "the other settings of Zendesk need it (docs/zendesk.md)")
    elif not ZENDESK.fullmatch(settings.zendesk_subdomain):
        raise wrong("zendesk_subdomain", _subdomain(settings.zendesk_subdomain))
    elif settings.zendesk_app_secret and not (
        settings.zendesk_app_secret.startswith(SECRET) or len(settings.zendesk_app_secret) >= SHORTEST_SECRET
    ):
        raise wrong("zendesk_app_secret", f"it has at least {SHORTEST_SECRET} characters; give the app the same")
    else:
        _check_sign_in(settings)
    if 0 != settings.zendesk_confidence_field == settings.zendesk_answer_field:
        raise wrong("zendesk_answer_field", "it is the field of SUPPORTBOT_ZENDESK_CONFIDENCE_FIELD: each has its own")


def _check_sign_in(settings: Settings) -> None:
    """By the one pair of settings or the other."""
    if _stated(settings, *OAUTH) and _stated(settings, *TOKEN):
        raise wrong(
            "zendesk_client_id", "it signs in by OAuth, and SUPPORTBOT_ZENDESK_EMAIL by an API token: set one of them"
        )
    if absent := _unset(settings, *(TOKEN if _stated(settings, *TOKEN) else OAUTH)):
        raise missing(absent, "the bot cannot sign in to Zendesk without (docs/zendesk.md)")


def _subdomain(stated: str) -> str:
    """What to set, which an address tells."""
    found = ADDRESS.fullmatch(stated.strip().lower())
    return f"it is the word {found[1]} alone" if found else "of https://example.zendesk.com it is the word example"


def _stated(settings: Settings, *names: str) -> list[str]:
    return [name for name in names if getattr(settings, name)]


def _unset(settings: Settings, *names: str) -> list[str]:
    return [name for name in names if not getattr(settings, name)]


def _check_login(settings: Settings) -> None:
    address = settings.address("redis_url")
    if address.username and not address.password:
        raise wrong("redis_url", "it names a user without a password: redis://user:password@host")
    if address.password and settings.redis_user:
        raise wrong("redis_user", "it signs in by IAM, and SUPPORTBOT_REDIS_URL by a password: set one of them")


def _is_text(value: object) -> bool:
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True
