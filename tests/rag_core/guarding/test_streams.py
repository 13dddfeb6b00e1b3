"""Whatever is cut wherever: a stream shows what the whole text would, and holds back no longer than it must."""

import random

import pytest

from rag_core.guarding.checking import Guard, GuardPolicy
from tests.rag_core.guarding.judging import ALLOWED, CITED, GUARD, NAMED, SECRETS, guarded, harm, streamed

ATOMS = [
    *("[", "]", "(", ")", "![", "](", "`", "``", "```", "~~~", "\n", "\n\n", "<", "</", "<b>", ">", "<!--", "-->", "|"),
    *(
        "<img src=x onerror=a>",
        "<!channel>",
        "<@U123>",
        "https://evil.com/x",
        f"{CITED}#rotate",
        NAMED,
        "evil.com",
        "//",
    ),
    *(
        "javascript:",
        "www.evil.com",
        "\\",
        "&lt;",
        "&#58;",
        "&",
        "- ",
        "1. ",
        "> ",
        "    ",
        "  ",
        "\t",
        "a",
        "word",
        " ",
    ),
    *(
        "!",
        "[1]",
        "[x]:",
        "*",
        "_",
        ".",
        "@here ",
        "joe@evil.com",
        "4111",
        "1111 1111 1111",
        "+1 415 555 0199",
        "DE89 3704",
    ),
    *(
        "Bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0B",
        "\u200b",
        "\u200d",
        "é",
        "。",
        "\r",
        "\r\n",
        '"',
    ),
    *("a | b\n--|--\n", "{", "=", "#", SECRETS["aws_key"], "'", ": "),
]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_fuzzed_no_client_sees_harm_and_a_stream_equals_the_whole(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    short = Guard(GuardPolicy(longest=200, sign="…"))
    for _ in range(400):
        text = "".join(chance.choice(ATOMS) for _ in range(chance.randint(1, 25)))
        for guard in (GUARD, short):
            whole = guard.check(text, ALLOWED)
            cuts = sorted(chance.sample(range(len(text) + 1), min(len(text), chance.randint(0, 30))))
            for split in (cuts, list(range(len(text)))):
                assert streamed(guard, text, split) == (whole.text, dict(whole.findings)), repr(text)
        assert harm(guarded(text)) is None, repr(text)


def test_a_stream_equals_the_whole_at_every_single_cut() -> None:
    text = "\n".join(
        (
            f"See [x](https://evil.com/x), [k]({CITED}) ![i](y) <b>b</b> `a <i>` <@U1> @here.",
            *SECRETS.values(),
            "```\nx\n```",
        )
    )
    whole = GUARD.check(text, ALLOWED)
    for cut in range(len(text) + 1):
        assert streamed(GUARD, text, [cut]) == (whole.text, dict(whole.findings))


def test_prose_is_released_at_once_and_a_construct_when_it_is_whole() -> None:
    stream = GUARD.stream(ALLOWED)
    assert stream.feed("Rotate the ke") == "Rotate the "
    assert stream.feed("y now. See [the") == "key now. See "
    assert stream.feed(" page](https://ev") == ""
    assert stream.feed("il.com/x) SG") == "the page "
    assert stream.feed(".a1B2c3D4e5F6g7H8i9J0kL." + "Zz9" * 14) == ""
    assert stream.feed(" ok ") == "(sendgrid key removed) ok "


def test_what_is_allowed_grows_while_a_stream_runs() -> None:
    stream = GUARD.stream()
    first = stream.feed(f"a {NAMED} b ")
    assert first + stream.feed(f"{NAMED} c", ALLOWED) + stream.finish() == f"a (link removed) b {NAMED} c"
