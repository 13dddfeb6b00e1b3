"""Markdown at random: what a model may be talked into, and what documents hold."""

import random

GOOD = ("https://help.example/page", "https://help.example/page#part", "https://help.example/a_(b)?q=1&r=2")
HARMS = (
    "<!channel>", "<!here|all>", "<@U0123ABC>", "<#C0123ABC|general>", "<!subteam^S012|@team>", "@here", "@Channel",
    "@everyone!", "<!date^1^{date}^https://evil.com|x>", "<https://evil.com|bank.example>",
    "<https://evil.com/?q=secret>", "<mailto:a@evil.com|mail>", "[click](https://evil.com/x)",
    "[click]( <https://evil.com> \"t\")", "[a](javascript:alert(1))", "[x][1]", "[1]: https://evil.com",
    "[x]: <https://evil.com>", "![p](https://evil.com/p.png)", "![p][1]",
    "[![p](https://evil.com/p)](https://evil.com/q)", "[a [b](https://evil.com) c](https://evil.com/2)",
    "https://evil.com/?d=1", "evil.com", "www.evil.com/x", "foo.py", "me@evil.com", "mailto:me@evil.com",
    "slack://open?x", "//evil.com/x", "<script>alert(1)</script>", "<img src=https://evil.com/x>",
    "<a href='https://evil.com'>", "&lt;!here&gt;", "&#60;!here&#62;", "&#x40;here", "&commat;channel",
    "evil&#46;com", "evil\\.com", "\\<!here>", "\\[a](https://evil.com)", "`<!here>`", "``a ` b``", "`", "``", "\\`",
    "`evil.com`", "`a|evil.com|b`", "\\\\`evil.com`", "[a`](https://evil.com)`", "](https://evil.com)", "[`", "!",
    "[", "](", "][", "\\", "*", "_", "**", "~~", "|", "<", ">", "&", "(", ")", "]:",
    "https://help.example/page](https://evil.com)", "https://help.example/page,https://evil.com",
    "https://help.example/page`x`evil.com", "\u202ehere@\u202c", "@\u200bhere",
)  # fmt: skip
WORDS = (
    "Open",
    "the",
    "settings",
    "and",
    "choose",
    "**Reset**",
    "your",
    "_password_.",
    "Then",
    "wait.",
    "[1]",
    "[2]",
    "done!",
    "a < b",
    "x & y",
)
OPENINGS = (
    "",
    "",
    "",
    "- ",
    "1. ",
    "  - ",
    "> ",
    "# ",
    "    ",
    "\t",
    "| a | ",
    "```",
    "```py\n",
    "~~~\n",
    "- ```\n",
    "  ```\n",
    "> ```\n",
    "|---|---|\n",
)
GAPS = (" ", " ", " ", "", "\n", "\n\n", "\n    ")


def hostile(chance: random.Random, pieces: int = 12) -> str:
    """Not Markdown anybody would write, and Markdown somebody would."""
    text = ""
    for _ in range(pieces):
        piece = chance.choice(HARMS) if chance.random() < 0.6 else chance.choice(WORDS)
        if chance.random() < 0.08:
            piece = f"[label {piece}]({chance.choice(GOOD)})"
        elif chance.random() < 0.05:
            piece = chance.choice(GOOD)
        text += chance.choice(GAPS) + (chance.choice(OPENINGS) if chance.random() < 0.3 else "") + piece
    return text


def long(chance: random.Random, length: int) -> str:
    """A well-formed answer of every kind of block."""
    blocks = list[str]()
    while sum(map(len, blocks)) < length:
        blocks.append(chance.choice((_paragraph, _list, _table, _code, _heading))(chance))
    return "\n\n".join(blocks)


def _sentence(chance: random.Random) -> str:
    words = [f"w{chance.randrange(10**6)}" for _ in range(chance.randrange(3, 18))]
    words.insert(
        1, chance.choice(("`a. b`", "[a page. here](https://help.example/page)", "**bold**", "&lt;b&gt;", "plain"))
    )
    return " ".join(words).capitalize() + ". [1]"


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randrange(1, 60)))


def _list(chance: random.Random) -> str:
    sign = chance.choice(("- ", "1. "))
    return "\n".join(sign + _sentence(chance) for _ in range(chance.randrange(1, 150)))


def _table(chance: random.Random) -> str:
    rows = [f"| r{chance.randrange(10**6)} | {_sentence(chance)} |" for _ in range(chance.randrange(1, 150))]
    return "\n".join(["| name | what |", "| --- | --- |", *rows])


def _code(chance: random.Random) -> str:
    lines = [
        f"x{chance.randrange(10**6)} = {'y' * chance.randrange(3_000 if chance.random() < 0.02 else 60)}"
        for _ in range(chance.randrange(1, 300))
    ]
    return "\n".join(["```python", *lines, "```"])


def _heading(chance: random.Random) -> str:
    return f"## Heading {chance.randrange(10**6)}"
