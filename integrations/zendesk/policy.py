"""What an operator decides about drafts."""

from dataclasses import dataclass, field

from integrations.zendesk.filtering import Ignored
from integrations.zendesk.templates import Templates


@dataclass(frozen=True, slots=True)
class Policy:
    """As the settings say; without them a draft for every new ticket."""

    shadow: bool = False  # nothing is written in Zendesk: what agents send is compared with what they would have had
    follow_ups: bool = False  # a customer's further comments get drafts too
    quiet: bool = False  # without an answer there is a tag and no note
    internal: bool = False  # internal pages that fit are listed in the note
    templates: Templates = field(default_factory=Templates)
    ignored: Ignored = field(default_factory=Ignored)
    confidence_field: int = 0  # ids of custom fields; 0: none
    answer_field: int = 0
