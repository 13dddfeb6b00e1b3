"""What the core's own words are called before a person. Standard library only: the ingress loads this."""

from rag_core.domain import Audience

REASON_LABELS = {  # of rag_core.domain.REASONS
    "wrong": "It is wrong",
    "incomplete": "Something is missing",
    "outdated": "It is out of date",
    "off-topic": "It answers another question",
    "unclear": "It is hard to understand",
    "other": "Something else",
}
AUDIENCE_LABELS = {
    Audience.PUBLIC: "Public documents only",
    Audience.INTERNAL: "Internal and public documents",
}
