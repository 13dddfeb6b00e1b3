"""A document of Zendesk's as the page that is read: HTML, with its title, address and day as every page states them.

They stand before what an author wrote, who may state others. Who may read it does not stand there at all.
"""

import re
from html import escape

OWN = re.compile(r"</?(?:main|html|head|body)\b[^>]*>", re.IGNORECASE)  # what would end ours, or begin another


def page(title: str, url: str, body: str, updated: str) -> bytes:
    """`body` is HTML, `updated` ISO 8601."""
    head = (
        f'<meta charset="utf-8"><title>{escape(title)}</title><link rel="canonical" href="{escape(url)}">'
        f'<meta name="updated" content="{escape(updated)}">'
    )
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><main><h1>{escape(title)}</h1>\n"
        f"{OWN.sub('', body)}\n</main></body></html>"
    ).encode(errors="replace")


def paragraphs(text: str) -> str:
    """Plain text as HTML: a blank line begins a paragraph."""
    parts = (part.strip() for part in re.split(r"\n[ \t]*\n", text))
    return "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)
