"""Read Markdown with YAML front matter.

Front matter that does not parse refuses the document: it may have said who is allowed to read it.
"""

import re
from collections.abc import Mapping

import yaml

from rag_core.errors import RejectedError
from rag_core.extracting.decoding import decode
from rag_core.extracting.extracted import Extracted, audience_of, date_of, first_line
from rag_core.extracting.tables import readable
from rag_core.markup import Section, sections

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
ALIAS = re.compile(r"(?m)(?:^|[\s:,\[{-])\*[\w-]+\s*(?:[,\]}]|$)")
UNCLOSED = re.compile(r"---[ \t]*\n[A-Za-z_][\w -]*:")
LONGEST_FRONT_MATTER = 20_000  # characters
URL_KEYS = ("url", "canonical_url", "permalink")
UPDATED_KEYS = ("updated", "last_updated", "lastmod", "date")
SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader where PyYAML was built with it


def read(content: bytes) -> Extracted:
    text = decode(content)  # blanks before the first words are kept: they may make them code
    begun = text.lstrip()
    meta: Mapping[str, object] = {}
    if match := FRONT_MATTER.match(begun):
        meta, text = _front_matter(match.group(1)), begun[match.end() :]
    elif UNCLOSED.match(begun):
        raise RejectedError("its front matter has no end: close it with a line of ---")
    found = tuple(readable(section) for section in sections(text))
    title = meta.get("title") or _first_heading(found) or first_line(text)
    return Extracted(
        sections=found,
        title=str(title).strip() if title else None,
        url=next((str(meta[key]) for key in URL_KEYS if isinstance(meta.get(key), str)), None),
        audience=audience_of(meta.get("audience")),
        updated=next(filter(None, (date_of(meta.get(key)) for key in UPDATED_KEYS)), None),
    )


def _front_matter(source: str) -> Mapping[str, object]:
    if len(source) > LONGEST_FRONT_MATTER:
        raise RejectedError(f"its front matter has more than {LONGEST_FRONT_MATTER:,} characters")
    if ALIAS.search(source):  # eight lines of them can stand for gigabytes
        raise RejectedError("its front matter uses YAML aliases (&name, *name), which are not read here: write it out")
    try:
        loaded = yaml.load(source, Loader=SafeLoader)  # noqa: S506 - a safe loader, by either name
    except Exception as error:  # PyYAML raises of every kind for a value that is not of its tag
        raise RejectedError("its front matter is not valid YAML: mend the lines between the two ---") from error
    return {str(key).lower(): value for key, value in loaded.items()} if isinstance(loaded, Mapping) else {}


def _first_heading(found: tuple[Section, ...]) -> str | None:
    first = next((section for section in found if section.headings), None)
    return first.headings[0].text if first else None
