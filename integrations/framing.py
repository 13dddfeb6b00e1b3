"""The frame of a small page in a browser: nothing is loaded, nothing runs, light or dark as its reader has it.

Every value is escaped by whoever puts it in. The one style sheet is named by its hash, so that no other is applied; its
colours are those of the playground and the report.
"""

from base64 import b64encode
from hashlib import sha256

from integrations.http import HTML

STYLE = """
:root { color-scheme: light dark; --paper: #f7f6f2; --surface: #fff; --ink: #1b1e20; --muted: #565c61; --line: #e2dfd8;
  --edge: #83888c; --accent: #0b6b5b; --on-accent: #fff; --alarm: #a3261b; }
@media (prefers-color-scheme: dark) {
:root { --paper: #121415; --surface: #1a1d1f; --ink: #eaebea; --muted: #a5abb0; --line: #2e3336;
  --edge: #747b81; --accent: #74d4bf; --on-accent: #06251e; --alarm: #ff9e93; }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; padding: 10vh 1rem 2rem; overflow-wrap: break-word; color: var(--ink); background: var(--paper);
  font: 1rem/1.6 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial,
  sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 5vw, 2rem); background: var(--surface);
  border: 1px solid var(--line); border-radius: 14px; }
h1, h2 { margin: 0; font-weight: 650; line-height: 1.25; letter-spacing: -.012em; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .75rem; }
p { margin: .75rem 0; }
a { color: var(--accent); text-underline-offset: 2px; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; padding: .5rem 1rem; }
legend { padding: 0 .3rem; }
fieldset label { display: block; padding: .3rem 0; }
input[type=radio] { accent-color: var(--accent); }
textarea { display: block; width: 100%; min-height: 6rem; padding: .5rem; font: inherit; color: inherit;
  background: var(--surface); border: 1px solid var(--edge); border-radius: 8px; }
button { font: inherit; font-weight: 550; min-height: 2.75rem; padding: .5rem 1.2rem; color: var(--on-accent);
  background: var(--accent); border: 1px solid var(--accent); border-radius: 8px; cursor: pointer; }
button:hover { background: color-mix(in srgb, var(--accent) 88%, var(--ink)); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role=alert] { color: var(--alarm); }
.soft { color: var(--muted); }
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
        # The address holds what opens it: no other site is told. A form without any would be sent with Origin "null".
        "Referrer-Policy": "same-origin" if forms else "no-referrer",
        "X-Frame-Options": "DENY",
    }
