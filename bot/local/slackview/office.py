"""The people and channels of the simulated workspace: one of each kind that is answered differently."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.local.workspace.nouns import Channel, User, UserGroup
from bot.local.workspace.workspace import Workspace
from integrations.slack.modals import ChannelSettings
from rag_core.domain import Audience


@dataclass(frozen=True, slots=True)
class Place:
    """A channel that is on everybody's list who is in it."""

    channel: Channel
    about: str
    settings: ChannelSettings | None = None  # which it has at first


@dataclass(frozen=True)
class Office:
    """Who may be looked at, and where; and what a Slack client remembers of each, by person or modal."""

    slack: Workspace
    people: Mapping[str, tuple[User, str]]  # by id, with what they are
    places: Mapping[str, Place]  # by the channel's id
    humans: UserGroup  # who is called where a person is asked for
    documents: Callable[[], int]  # how many there are to answer from
    thumbs: dict[tuple[str, str], str] = field(default_factory=dict)  # by person and message: what they pressed
    read: dict[tuple[str, str], str] = field(default_factory=dict)  # by person and channel: up to where
    complaints: dict[str, Mapping[str, str]] = field(default_factory=dict)  # by modal: what is wrong, by its blocks

    def is_ours(self, person: User) -> bool:
        """Whether the app is installed where they are: others can only read and write with it."""
        return person.team == self.slack.team.id


def office(slack: Workspace, documents: Callable[[], int]) -> Office:
    """In the same order each time: what is set for a channel is kept, by its id, when the playground ends."""
    partner = slack.add_team("Northwind", installed=False)
    ada, grace = slack.add_person("Ada"), slack.add_person("Grace", role="admin")
    gus, nia = slack.add_person("Gus", role="guest"), slack.add_person("Nia", team=partner)
    people = ((ada, "member"), (grace, "admin"), (gus, "guest"), (nia, "of another company"))
    asked = slack.add_channel("help", ada, grace, gus)
    automatic = slack.add_channel("ask-support", ada, grace, gus)
    staff = slack.add_channel("agents", ada, grace, kind="group")
    shared = slack.add_channel("with-northwind", ada, grace, nia, shared_with=[partner])
    answering = ChannelSettings(automatic.id, Audience.PUBLIC, None, automatic=True)
    internal = ChannelSettings(staff.id, Audience.INTERNAL, None, automatic=False)
    places = (
        Place(asked, "Answers where it is mentioned."),
        Place(automatic, "Answers every question here, without a mention.", answering),
        Place(staff, "Private and for staff: it may use internal documents.", internal),
        Place(shared, "Shared with another company: it uses public documents only."),
    )
    everyone = {user.id: (user, what) for user, what in people}
    by_id = {each.channel.id: each for each in places}
    return Office(slack, everyone, by_id, slack.add_group("support-team", grace), documents)
