"""What the core's own words are called before a person. Standard library only: the ingress loads this."""

from rag_core.domain import Audience

SHARED_LOG = (
    "Which questions the documents do not answer is not listed here: several workspaces ask this bot, and one's "
    "questions are not for another's admins. Whoever runs it reads them with `supportbot report`."
)
AUDIENCE_LABELS = {
    Audience.PUBLIC: "Public documents only",
    Audience.INTERNAL: "Internal and public documents",
}
