"""Greeting and sign-off by the customer's language."""

import pytest

from integrations.zendesk.templates import Frame, templates
from rag_core.errors import MisconfiguredError

FRAMES = templates(
    {
        "en": {"greeting": "Hi {first_name},", "sign_off": "Best,\n{brand}"},
        "de": {"greeting": "Hallo {name},"},
        "pt-br": {"greeting": "Oi {name}!"},
    }
)


@pytest.mark.parametrize(
    ("locale", "greeting"),
    [
        ("de", "Hallo Ann Lee,"),
        ("de-AT", "Hallo Ann Lee,"),
        ("pt-BR", "Oi Ann Lee!"),
        ("pt_br", "Oi Ann Lee!"),
        ("pt", "Hi Ann,"),
        ("fr", "Hi Ann,"),
        ("", "Hi Ann,"),
    ],
)
def test_the_nearest_language(locale: str, greeting: str) -> None:
    assert FRAMES.frame(locale, name="Ann  Lee", brand="Larkpost").greeting == greeting


def test_none_where_there_is_none() -> None:
    assert templates({}).frame("en", name="Ann", brand="") == Frame()
    assert templates({"de": {"greeting": "Hallo"}}).frame("en", name="Ann", brand="") == Frame()


@pytest.mark.parametrize("name", ["", "ann@example.org", "+44 20 7946", "<script>", "evil.example", "//x", "{{a}}"])
def test_what_is_no_name_is_left_out_with_its_space(name: str) -> None:
    assert FRAMES.frame("en", name=name, brand="") == Frame("Hi,", "Best,")


@pytest.mark.parametrize("sign", ["\ud800", "\u202e", "\x00", "\u200b", "\x9b"])
def test_of_a_name_what_nobody_sees_is_left_out(sign: str) -> None:
    frame = FRAMES.frame("de", name=f"Ann{sign} Lee", brand="")
    assert frame.greeting == "Hallo Ann Lee,"
    assert FRAMES.frame("en", name="", brand=f"Lark{sign}post").sign_off == "Best,\nLarkpost"


def test_only_what_needs_the_brand_looks_it_up() -> None:
    assert FRAMES.name_brand
    assert not templates({"en": {"greeting": "Hi"}}).name_brand


@pytest.mark.parametrize(
    "stated",
    [
        [],
        "Hi",
        {"en": "Hi"},
        {"en": {}},
        {"en": {"hello": "Hi"}},
        {"en": {"greeting": 1}},
        {"english!": {"greeting": "Hi"}},
        {"en": {"greeting": "Hi {nmae}"}},
        {"en": {"greeting": "Hi {}"}},
        {"en": {"greeting": "Hi {name.__class__}"}},
        {"en": {"greeting": "Hi {name!r}"}},
        {"en": {"greeting": "Hi {name:>99}"}},
        {"en": {"greeting": "Hi {"}},
        {"en": {"greeting": "Hi {{name}}"}},
        {"en": {"greeting": "Hi {{ticket.requester.name}}"}},
        {"en": {"greeting": "Hi }"}},
        {"en": {"greeting": "x" * 1_001}},
    ],
)
def test_what_is_malformed_stops_the_start(stated: object) -> None:
    with pytest.raises(MisconfiguredError, match="ZENDESK_TEMPLATES is wrong"):
        templates(stated)
