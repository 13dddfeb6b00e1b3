"""A Slack to talk to: `with Workspace() as slack:` serves it on this machine until the block ends."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

from bot.local.workspace import showing
from bot.local.workspace.announcing import Announcer
from bot.local.workspace.authorizing import SCOPES, Consent, Consents
from bot.local.workspace.carrying import PATIENCE, Deliver, InProcess, OverHttp
from bot.local.workspace.clock import Clock
from bot.local.workspace.delivering import AGAIN, Courier
from bot.local.workspace.faults import Faults
from bot.local.workspace.limiting import Limits
from bot.local.workspace.methods import Api
from bot.local.workspace.nouns import Channel, File, Json, Kind, Message, Role, Team, User, UserGroup, View
from bot.local.workspace.parcels import Parcel, Sort
from bot.local.workspace.people import People
from bot.local.workspace.serving import Server, Site
from bot.local.workspace.sockets import Sockets
from bot.local.workspace.viewing import stacked
from bot.local.workspace.world import App, Called, World


class Workspace(People):
    """One app's Slack: a team to begin with, more where they are added."""

    def __init__(
        self,
        *,
        limits: bool = True,
        echo: bool = True,
        rotating: bool = False,
        schedule: Sequence[float] = AGAIN,
        hurry: float = 1.0,
        patience: float = PATIENCE,
        seed: int = 0,
    ) -> None:
        self.clock, self.faults = Clock(), Faults(seed)
        self.world = World(App(), self.clock)
        self.courier = Courier(self.clock, self.faults, schedule=schedule, hurry=hurry)
        self.limits = Limits(self.clock, on=limits)
        announcer = Announcer(self.world, self.courier, echo=echo)
        super().__init__(self.world, self.courier, announcer)
        self._consents = Consents(rotating=rotating)
        self._patience = patience
        self.sockets = Sockets(self.world.app.id, patience)
        api = Api(self.world, self.limits, self._consents, announcer)
        self._server = Server(Site(api, self.faults, self.sockets))
        self.world.url = self._server.url
        self.team = self.world.add_team("Larkpost")
        self.bot = self.world.users[self.team.bot]

    def __enter__(self) -> Self:
        self.courier.start()
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.courier.close()

    @property
    def url(self) -> str:
        """Where the Web API is: `base_url` of a WebClient."""
        return f"{self.world.url}/api/"

    @property
    def origin(self) -> str:
        """The scheme and host of everything served, response URLs and files too."""
        return self.world.url

    @property
    def token(self) -> str:
        return self.team.token

    @property
    def app(self) -> App:
        return self.world.app

    @property
    def signing_secret(self) -> str:
        return self.world.app.signing_secret

    def deliver_to(self, app: Deliver | str) -> None:
        """Tell the app by calling it, or by requests to its URL."""
        secret = self.signing_secret
        self.courier.carrier = OverHttp(app, secret, self._patience) if isinstance(app, str) else InProcess(app, secret)

    def challenge(self) -> bool:
        """Whether the app gives back what it is asked to, as its URL must when it is entered at Slack."""
        asked = {"token": self.app.verification_token, "challenge": secrets.token_hex(16), "type": "url_verification"}
        reply = self.courier.send(Parcel(Sort.CHALLENGE, asked))
        given = reply.json()
        return reply.accepted and asked["challenge"] in {given.get("challenge"), given.get("text")}

    def use_sockets(self) -> None:
        """Tell the app by whatever Socket Mode connections are open."""
        self.courier.carrier = self.sockets

    def add_team(self, name: str, *, installed: bool = True) -> Team:
        return self.world.add_team(name, installed=installed)

    def add_person(self, name: str, *, role: Role | str = Role.MEMBER, team: Team | None = None) -> User:
        return self.world.add_user(team or self.team, name, Role(role))

    def add_channel(
        self,
        name: str,
        *people: User,
        kind: Kind | str = Kind.PUBLIC,
        team: Team | None = None,
        shared_with: Iterable[Team] = (),
        bot: bool = True,
    ) -> Channel:
        """A channel with these people and, unless told otherwise, the app's bots of all its teams."""
        home, guests = team or self.team, list(shared_with)
        bots = [each.bot for each in [home, *guests] if each.installed] if bot else []
        members = [*(person.id for person in people), *bots]
        return self.world.add_channel(home, name, Kind(kind), members, shared_with={each.id for each in guests})

    def add_group(self, handle: str, *people: User, team: Team | None = None) -> UserGroup:
        group = UserGroup(self.world.number("S"), (team or self.team).id, handle, [each.id for each in people])
        self.world.groups[group.id] = group
        return group

    def direct(self, *people: User) -> Channel:
        """The conversation of the bot with one person, or with several."""
        return self.world.direct(self.world.teams[people[0].team].bot, *(each.id for each in people))

    def consent(self, team: Team, user: User, *, redirect_uri: str = "", scope: str = SCOPES) -> str:
        """Somebody allows the app in their team: the code to exchange."""
        return self._consents.allow(Consent(team, user.id, redirect_uri, scope))

    def messages(self, channel: Channel) -> list[Message]:
        """Everything said in a channel, its threads too, by time."""
        with self.world.changed:
            return sorted((self.world.age(each) for each in channel.messages.values()), key=lambda each: float(each.ts))

    def thread(self, root: Message) -> list[Message]:
        """The replies of a thread, without the message it hangs on."""
        with self.world.changed:
            return [self.world.age(each) for each in self.world.channels[root.channel].threads.get(root.root, [])]

    def whispers(self, user: User, channel: Channel | None = None) -> list[Message]:
        """The ephemeral messages a person sees."""
        with self.world.changed:
            places = [channel] if channel else list(self.world.channels.values())
            return [each for place in places for each in place.whispers if each.seen_by == user.id]

    def modal(self, user: User) -> View | None:
        """What is open before a person, the top one."""
        with self.world.changed:
            return next(reversed(stacked(self.world, user.id)), None)

    def home(self, user: User) -> View | None:
        return self.world.homes.get(user.id)

    def files(self) -> list[File]:
        return list(self.world.files.values())

    def calls(self, method: str | None = None) -> list[Called]:
        """What the app called, and what it was answered."""
        with self.world.changed:
            return [each for each in self.world.calls if method in {None, each.method}]

    def parcels(self) -> list[Parcel]:
        """What the app was sent, and every answer it gave."""
        return list(self.courier.parcels)

    def shown(self, message: Message) -> Json:
        """A message as the Web API would give it."""
        with self.world.changed:
            return showing.message(self.world, message, metadata=True)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 20) -> bool:
        """Until something is so; looked at whenever anything changes, and now and then: a call may change nothing."""
        ends = time.monotonic() + timeout
        with self.world.changed:
            while not condition():
                if time.monotonic() > ends:
                    return False
                self.world.changed.wait(0.1)
        return True

    def settle(self, timeout: float = 10) -> bool:
        """Until the app was told everything that is due."""
        return self.courier.settle(timeout)

    def pass_time(self, seconds: float) -> None:
        """What expires or comes again after a while does so now."""
        self.clock.skip(seconds)
        self.courier.nudge()
        self.world.touch()
