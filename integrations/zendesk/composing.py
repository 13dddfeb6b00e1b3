"""A document of Zendesk's as the page that is read: HTML, with its title, address and day as every page states them.

They stand before what an author wrote, who may state others. Who may read it does not stand there at all.
"""

import re
from html import escape

# what would end ours, or begin another; to the next < at most, or many that do not end are each read to the end
OWN = re.compile(r"</?(?:main|html|head|body)\b[^<>]*>?", re.IGNORECASE)


def page(title: str, url: str, body: str, updated: str) -> bytes:
    """`body` is HTML, `updated` ISO 8601."""
    head = (
        f'<meta charset="utf-8"><title>{escape(title)}</title><link rel="canonical" href="{escape(url)}">'
        f'<meta name="updated" content="{escape(updated)}">'
    )
    inside = OWN.sub(" ", body)  # a blank: with nothing in its place what stands around it may make one
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><main><h1>{escape(title)}</h1>\n{inside}\n</main></body></html>"
    ).encode(errors="replace")


def paragraphs(text: str) -> str:
    """Plain text as HTML: a blank line begins a paragraph."""
    parts = (part.strip() for part in re.split(r"\n[ \t]*\n", text))
    return "\n".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)
