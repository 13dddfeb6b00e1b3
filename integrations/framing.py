"""The frame of a small page in a browser: nothing is loaded, nothing runs, light or dark as its reader has it.

Every value is escaped by whoever puts it in. The one style sheet is named by its hash, so that no other is applied.
"""

from base64 import b64encode
from hashlib import sha256

from integrations.http import HTML

STYLE = """
:root { color-scheme: light dark; --text: #1d1c1d; --back: #fff; --link: #0b5cad; --line: #767676; --soft: #555; }
@media (prefers-color-scheme: dark) {
:root { --text: #e8e8e8; --back: #1a1d21; --link: #8cc4f2; --line: #8d8d8d; --soft: #bbb; }
}
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto 2rem; padding: 0 1rem;
  color: var(--text); background: var(--back); overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
a { color: var(--link); }
fieldset { border: 1px solid var(--line); border-radius: .4rem; margin: 0 0 1rem; padding: .5rem 1rem; }
legend { padding: 0 .3rem; }
fieldset label { display: block; padding: .3rem 0; }
textarea { box-sizing: border-box; width: 100%; min-height: 6rem; padding: .5rem; font: inherit; color: inherit;
  background: var(--back); border: 1px solid var(--line); border-radius: .4rem; }
button { font: inherit; min-height: 2.75rem; padding: .5rem 1.2rem; color: var(--back); background: var(--link);
  border: 1px solid transparent; border-radius: .4rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.soft { color: var(--soft); }
"""
POLICY = "default-src 'none'; style-src 'sha256-{hash}'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""


def framed(title: str, content: str) -> str:
    """Both are HTML."""
    return FRAME.format(title=title, style=STYLE, content=content)


def headers(*, forms: bool = False) -> dict[str, str]:
    """`forms`: the page has one, which goes to where the page is from."""
    return {
        "Content-Type": HTML,
        "Content-Security-Policy": POLICY.format(hash=HASH, forms="'self'" if forms else "'none'"),
        "Referrer-Policy": "no-referrer",  # the address holds what opens it
        "X-Frame-Options": "DENY",
    }
