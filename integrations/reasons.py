"""What the reasons of a rating are called before a person, in every channel. Standard library only."""

REASON_LABELS = {  # of rag_core.domain.REASONS
    "wrong": "It is wrong",
    "incomplete": "Something is missing",
    "outdated": "It is out of date",
    "off-topic": "It answers another question",
    "unclear": "It is hard to understand",
    "other": "Something else",
}
