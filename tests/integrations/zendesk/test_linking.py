"""A link opens what it was made for, for thirty days, and nothing else."""

import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.zendesk.linking import DAY, ExpiredError, ForgedError, Links, Vote
from rag_core.domain import QuestionId
from rag_core.errors import MisconfiguredError
from tests.bot.local.account.conftest import Clock

ANSWER = QuestionId("5f2c0a9be1d04c77")
URL = "https://bot.example/live"


def made(key: str = "a secret", account: str = "example", url: str = URL, clock: Clock | None = None) -> Links:
    return Links(key, account, url, clock or Clock())


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def link(links: Links | None = None, *, helpful: bool = True, ticket: int = 123) -> dict[str, str]:
    return query_of((links or made()).url(ANSWER, helpful=helpful, ticket=ticket))


@pytest.mark.parametrize("helpful", [True, False])
def test_a_link_is_read_as_it_was_made(helpful: bool) -> None:
    url = made().url(ANSWER, helpful=helpful, ticket=123)
    assert url.startswith(f"{URL}/zendesk/rate?")
    assert made().read(query_of(url)) == Vote(ANSWER, 123, helpful)
    assert made().person(Vote(ANSWER, 123, helpful)) == "zendesk:example:ticket:123"


@pytest.mark.parametrize("name", ["zendesk:example:123:77", "q~!$&'()*+,;=@/?", "x" * 128])
def test_an_answers_id_may_be_any_text_without_blanks(name: str) -> None:
    assert made().read(query_of(made().url(QuestionId(name), helpful=True, ticket=1))).question == name


def test_a_link_is_good_for_thirty_days(clock: Clock) -> None:
    links = made(clock=clock)
    found = link(links)
    clock.now += 30 * DAY
    assert links.read(found) == Vote(ANSWER, 123, True)
    clock.now += DAY
    with pytest.raises(ExpiredError):
        links.read(found)


def test_a_draft_that_is_written_again_on_its_day_has_the_same_links(clock: Clock) -> None:
    clock.now = clock.now // DAY * DAY
    first = link(made(clock=clock))
    clock.now += DAY - 1
    assert link(made(clock=clock)) == first
    clock.now += 1
    assert link(made(clock=clock)) != first


@pytest.mark.parametrize(
    "changed", [{"a": "another"}, {"t": "124"}, {"v": "0"}, {"e": "9999999999"}, {"s": ""}, {"s": "é"}]
)
def test_nothing_of_a_link_may_change(changed: dict[str, str]) -> None:
    with pytest.raises(ForgedError):
        made().read(link() | changed)


@pytest.mark.parametrize("name", list("atves"))
@pytest.mark.parametrize("value", [None, "", "\ud800", "1\n", "x" * 9_000, "-1", "०", "1,1"])
def test_a_link_without_a_part_or_with_another_form_of_it_is_forged(name: str, value: str | None) -> None:
    found = link()
    if value is None:
        del found[name]
    else:
        found[name] = value
    with pytest.raises(ForgedError):
        made().read(found)


def test_no_sign_of_a_link_may_change() -> None:
    chance, plain = random.Random(3), link()  # noqa: S311
    for _ in range(500):
        name = chance.choice(list(plain))
        at = chance.randrange(len(plain[name]))
        sign = chance.choice([sign for sign in "0123456789abcXYZ_-" if sign != plain[name][at]])
        with pytest.raises(ForgedError):
            made().read(plain | {name: plain[name][:at] + sign + plain[name][at + 1 :]})


def test_what_another_secret_or_account_has_signed_is_forged() -> None:
    for other in (made(key="another"), made(account="other")):
        with pytest.raises(ForgedError):
            made().read(link(other))


def test_parts_cannot_be_shifted_into_each_other() -> None:
    found = query_of(made().url(QuestionId("12"), helpful=True, ticket=3))
    with pytest.raises(ForgedError):
        made().read(found | {"a": "1", "t": "23"})


def test_without_a_secret_or_an_address_there_is_no_link() -> None:
    with pytest.raises(MisconfiguredError, match="WEBHOOK_SECRET"):
        made(key=" ")
    with pytest.raises(MisconfiguredError, match="PUBLIC_URL"):
        made(url="").url(ANSWER, helpful=True, ticket=1)


def test_a_webhook_that_anybody_may_sign_for_opens_no_link() -> None:
    """The key is made of the secret, and is not the secret: neither signs for the other."""
    from integrations.zendesk.signing import sign

    found = link()
    with pytest.raises(ForgedError):
        made().read(found | {"s": sign("a secret", "", f"example\n{ANSWER}\n123\n1\n{found['e']}".encode())})
