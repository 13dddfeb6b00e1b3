"""Whether Zendesk is set up as the settings say, and takes what this bot does there.

Nothing is written, and no secret is shown. What only an admin may see is not looked at by others, who are told so.
"""

import re
from collections.abc import Callable, Iterator
from hmac import compare_digest

from bot import provisioning, quick, zendesk
from bot.settings import Settings, wrong
from integrations.zendesk.administering import Administration, Kind
from integrations.zendesk.client import Zendesk
from integrations.zendesk.pacing import PLANS, SHARE
from integrations.zendesk.provisioning import Act, Step
from integrations.zendesk.refusing import ForbiddenError, MissingError
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, UnavailableError

PATIENCE, REACHING = 15.0, 5.0  # seconds for a check, and for what Zendesk would call
SETUP = "`supportbot zendesk setup` makes and mends it"
DRAFTLESS = (
    "no ticket gets a draft: SUPPORTBOT_ZENDESK_WEBHOOK_SECRET is not set; `supportbot zendesk setup` makes the "
    "webhook and gives its secret"
)
SIDEBARLESS = (
    "tickets have no sidebar: SUPPORTBOT_ZENDESK_APP_SECRET is not set; make one with `openssl rand -hex 32`, then "
    "`supportbot zendesk app build` (docs/zendesk.md)"
)
UNSEEN = "not looked at: only an admin's sign-in may"
TAG = re.compile(r"[^\s\"',A-Z]+")
REFUSED = (401, 403)
HOLDING, WRITTEN = ("zendesk_confidence_field", "zendesk_answer_field"), ("text", "textarea")

Check = tuple[str, Callable[[], str]]


def checks(settings: Settings) -> Iterator[Check]:
    """Those that the settings ask for, by name; of the account none where nobody is signed in."""
    signed_in = False

    def sign_in() -> str:
        nonlocal signed_in
        text = zendesk.check(settings)
        signed_in = True
        return text

    yield "Zendesk", sign_in
    if signed_in:
        yield from _of_the_account(settings, zendesk.client(settings))
    if settings.zendesk or settings.public_url:
        yield "public address", lambda: _address(settings)
    if settings.zendesk_templates or settings.zendesk_ignored:
        yield "Zendesk templates", lambda: _drafts(settings)
    if settings.zendesk_app_secret:
        yield "Zendesk sidebar", lambda: _sidebar(settings)
    yield from _unused(settings)


def _unused(settings: Settings) -> Iterator[Check]:
    """What is not set up although Zendesk is."""
    from bot.doctoring import Unused  # it knows this module

    if not settings.zendesk_webhook_secret:
        yield "Zendesk drafts", lambda: Unused(DRAFTLESS)
    if not settings.zendesk_app_secret:
        yield "Zendesk sidebar", lambda: Unused(SIDEBARLESS)


def _drafts(settings: Settings) -> str:
    from bot import zendesk_core

    with zendesk.installed():
        zendesk_core.policy(settings)
    return "templates and ignored tickets can be read"


def _of_the_account(settings: Settings, found: Zendesk) -> Iterator[Check]:
    yield "Zendesk scopes", lambda: _scopes(found)
    yield "Zendesk rate limit", lambda: _limit(settings, found)
    yield "Zendesk Help Center", lambda: _help_center(found)
    if settings.zendesk:
        yield "Zendesk webhook", lambda: _made(settings, found, Kind.WEBHOOK)
        yield "Zendesk secret", lambda: _secret(settings, found)
        yield "Zendesk trigger", lambda: _made(settings, found, Kind.TRIGGER)
    if settings.zendesk_confidence_field or settings.zendesk_answer_field:
        yield "Zendesk fields", lambda: _fields(settings, found)
    if settings.zendesk_ticket_tag:
        yield "Zendesk ticket tag", lambda: _tag(settings, found)


def _scopes(found: Zendesk) -> str:
    granted, wanted = found.scopes(Deadline.within(PATIENCE)), {"read", "write"}
    if granted is None:
        return "an API token has all of its agent's rights; it ends on 2027-04-30: make an OAuth client before"
    if missing := sorted(wanted - granted):
        raise MisconfiguredError(f"the OAuth client lacks {' and '.join(missing)}: add it to its scopes")
    return " ".join(sorted(granted))


def _limit(settings: Settings, found: Zendesk) -> str:
    """As Zendesk tells it with every response."""
    stated = PLANS[settings.zendesk_plan]
    told = _get(found, "users/me.json").get("X-Rate-Limit", "")
    if not told.isdigit():
        return f"Zendesk does not tell it; {stated:,} requests a minute are taken for it"
    setting = f"SUPPORTBOT_ZENDESK_PLAN says {settings.zendesk_plan}, which is {stated:,}"
    if int(told) < stated:
        raise MisconfiguredError(f"the account may be asked {int(told):,} times a minute, and {setting}: set its own")
    more = f"; the account has {int(told):,}: set its own plan" if int(told) > stated else ""
    return f"{setting} requests a minute, of which we take {int(stated * SHARE):,}{more}"


def _help_center(found: Zendesk) -> str:
    try:
        _get(found, "help_center/articles.json?per_page=1")
    except (MissingError, ForbiddenError) as error:
        return f"there is none that can be read, so none of it becomes knowledge ({error})"
    return "it can be read"


def _made(settings: Settings, found: Zendesk, kind: Kind) -> str:
    """What setup would do to it."""
    try:
        steps = _plan(settings, found)
    except ForbiddenError:
        return UNSEEN
    step = next(step for step in steps if step.kind is kind)
    spare = [each for each in steps if each.kind is kind and each.act is Act.REMOVE]
    if step.act is Act.CREATE:
        raise MisconfiguredError(f"there is none: {SETUP}")
    if spare:
        raise MisconfiguredError(f"there are {len(spare) + 1} of them: {SETUP}")
    if step.act is Act.UPDATE:
        said = ", ".join(f"{one.name} is {one.found}, not {one.wanted}" for one in step.differences)
        raise MisconfiguredError(f"{step.name!r}: {said}; {SETUP}")
    called = f" calls {provisioning.endpoint(settings)}" if kind is Kind.WEBHOOK else " tells it of tickets"
    return f"{step.name!r}{called}"


def _secret(settings: Settings, found: Zendesk) -> str:
    own = quick.revealed(settings, settings.zendesk_webhook_secret)
    try:
        webhook = next(step.id for step in _plan(settings, found) if step.kind is Kind.WEBHOOK)
        if not webhook:
            raise MisconfiguredError("there is no webhook to compare SUPPORTBOT_ZENDESK_WEBHOOK_SECRET with")
        its = Administration(found).signing_secret(webhook)
    except ForbiddenError:
        return UNSEEN
    if not compare_digest(own.encode(), its.encode()):
        raise MisconfiguredError(
            "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET is not the webhook's, so whatever Zendesk sends is refused: `supportbot "
            "zendesk setup --secret-file FILE` gives it"
        )
    return "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET is the webhook's"


def _plan(settings: Settings, found: Zendesk) -> list[Step]:
    administration = Administration(found)
    me, _ = administration.user()
    return provisioning.provisioning(settings, administration, me).plan()


def _fields(settings: Settings, found: Zendesk) -> str:
    there = {int(each["id"]): each for each in Administration(found).all(Kind.FIELD)}
    named = {name: getattr(settings, name) for name in HOLDING if getattr(settings, name)}
    for name, number in named.items():
        if number not in there:
            raise wrong(name, f"there is no ticket field {number}: `supportbot zendesk setup --fields` makes it")
        if there[number]["type"] not in WRITTEN or not there[number]["active"]:
            raise wrong(name, f"the ticket field {number} must be active, and of text: words are written to it")
    return f"there: {', '.join(map(str, named.values()))}"


def _tag(settings: Settings, found: Zendesk) -> str:
    """How much there is to learn from; the search lags by minutes."""
    tag = settings.zendesk_ticket_tag
    if not TAG.fullmatch(tag):
        raise wrong("zendesk_ticket_tag", "a tag has neither blanks nor capitals: what Zendesk keeps is written small")
    with zendesk.installed(), found.calling(Deadline.within(PATIENCE)) as zenpy:
        number = int(zenpy.search(type="ticket", status="solved", tags=tag).count)
    return f"{number:,} solved tickets have the tag {tag}" + ("" if number else ": so far nothing is learnt of tickets")


def _address(settings: Settings) -> str:
    """What Zendesk calls answers, and refuses what is not signed."""
    import requests

    url = provisioning.endpoint(settings)
    try:
        with requests.Session() as session:
            session.trust_env = False  # a .netrc would sign it
            status = session.post(url, data=b"{}", timeout=REACHING, allow_redirects=False).status_code
    except requests.RequestException as error:
        raise UnavailableError(
            f"{url} does not answer from here ({type(error).__name__}): check SUPPORTBOT_PUBLIC_URL, and that Zendesk "
            "reaches it"
        ) from None
    if status not in REFUSED:
        raise MisconfiguredError(
            f"{url} answers an unsigned request with {status}, not with 401: check SUPPORTBOT_PUBLIC_URL, that what "
            "runs there has SUPPORTBOT_ZENDESK_WEBHOOK_SECRET, and that nothing before it changes the path"
        )
    return f"{url} answers, and refuses what is not signed"


def _sidebar(settings: Settings) -> str:
    """No request of the app's can be asked for: only what it needs is looked at."""
    if not quick.revealed(settings, settings.zendesk_app_secret):
        raise wrong("zendesk_app_secret", "it is empty")
    provisioning.endpoint(settings)
    return "its secret can be read; whether the app was installed with it shows when a ticket is opened"


def _get(found: Zendesk, path: str) -> dict[str, str]:
    """The headers of an endpoint that zenpy keeps to itself."""
    with found.calling(Deadline.within(PATIENCE)) as zenpy:
        response = zenpy.users.session.get(f"{found.site.url}/api/v2/{path}")
        return {str(name).title(): str(value) for name, value in response.headers.items()}
