import http.client
from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Json, Role, Team, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.telling import Told

Refused = Callable[..., Json]


@pytest.mark.parametrize(
    ("role", "flags"),
    [
        (Role.MEMBER, []),
        (Role.ADMIN, ["is_admin"]),
        (Role.OWNER, ["is_admin", "is_owner"]),
        (Role.GUEST, ["is_restricted"]),
        (Role.CHANNEL_GUEST, ["is_restricted", "is_ultra_restricted"]),
    ],
)
def test_a_person_s_role_shows(slack: Workspace, client: WebClient, role: Role, flags: list[str]) -> None:
    person = slack.add_person("Grace", role=role)
    shown = client.users_info(user=person.id)["user"]
    asked = ["is_admin", "is_owner", "is_restricted", "is_ultra_restricted", "is_bot"]
    assert [flag for flag in asked if shown[flag]] == flags
    assert (shown["team_id"], shown["profile"]["email"]) == (slack.team.id, "grace@larkpost.example")


@pytest.fixture
def other(slack: Workspace) -> Team:
    return slack.add_team("Other Co")


@pytest.fixture
def grace(slack: Workspace, other: Team) -> User:
    return slack.add_person("Grace", team=other)


def test_somebody_of_another_team_is_known_where_a_channel_is_shared(
    slack: Workspace, client: WebClient, ada: User, other: Team, grace: User, refused: Refused
) -> None:
    assert refused(client.users_info, user=grace.id)["error"] == "user_not_found"
    shared = slack.add_channel("shared", ada, grace, shared_with=[other], bot=False)
    shown = client.users_info(user=grace.id)["user"]
    assert (shown["team_id"], shown["is_stranger"]) == (other.id, True)
    assert "email" not in shown["profile"]
    slack.invite(shared, slack.bot)
    assert client.users_info(user=grace.id)["user"]["is_stranger"] is False


def test_a_shared_channel_says_so_everywhere(
    slack: Workspace, client: WebClient, told: Told, ada: User, other: Team, grace: User
) -> None:
    shared = slack.add_channel("shared", ada, grace, shared_with=[other])
    shown = client.conversations_info(channel=shared.id)["channel"]
    assert (shown["is_ext_shared"], shown["connected_team_ids"]) == (True, [other.id])
    slack.say(shared, grace, "how?")
    assert {payload["team_id"] for payload in told.payloads} == {slack.team.id, other.id}
    assert all(payload["is_ext_shared_channel"] for payload in told.payloads)
    assert {event["user_team"] for event in told.events} == {other.id}


def test_teams_see_nothing_of_each_other(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, other: Team, refused: Refused
) -> None:
    theirs = WebClient(token=other.token, base_url=slack.url)
    assert theirs.auth_test()["team_id"] == other.id != client.auth_test()["team_id"]
    assert refused(theirs.chat_postMessage, channel=help_.id, text="x")["error"] == "channel_not_found"
    assert refused(theirs.users_info, user=ada.id)["error"] == "user_not_found"


def test_a_group_has_members(slack: Workspace, client: WebClient, ada: User, other: Team, refused: Refused) -> None:
    group = slack.add_group("oncall", ada)
    assert client.usergroups_users_list(usergroup=group.id)["users"] == [ada.id]
    theirs = WebClient(token=other.token, base_url=slack.url)
    assert refused(theirs.usergroups_users_list, usergroup=group.id)["error"] == "no_such_subteam"


def test_the_team_and_the_bot_have_names(slack: Workspace, client: WebClient, refused: Refused) -> None:
    assert client.team_info()["team"]["name"] == "Larkpost"
    bot = client.bots_info(bot=slack.team.bot_id)["bot"]
    assert (bot["user_id"], bot["app_id"]) == (slack.bot.id, slack.app.id)
    assert refused(client.bots_info, bot="B404")["error"] == "bot_not_found"


def download(slack: Workspace, url: str, token: str | None) -> tuple[str, bytes]:
    connection = http.client.HTTPConnection(slack.origin.removeprefix("http://"), timeout=5)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("GET", url.removeprefix(slack.origin), headers=headers)
    answer = connection.getresponse()
    kind, content = answer.headers["Content-Type"], answer.read()
    connection.close()
    return kind, content


def test_a_file_is_downloaded_with_the_token_of_a_bot_that_sees_it(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, other: Team, refused: Refused
) -> None:
    said = slack.say(help_, ada, "See", files={"trace.txt": b"boom"})
    shown = client.files_info(file=said.files[0].id)["file"]
    for url in (shown["url_private"], shown["url_private_download"]):
        kind, content = download(slack, url, slack.token)
        assert (kind.split(";")[0], content) == ("text/plain", b"boom")
        for token in (None, "xoxb-made-up", other.token):
            kind, content = download(slack, url, token)
            assert kind.startswith("text/html")
            assert b"boom" not in content
    theirs = WebClient(token=other.token, base_url=slack.url)
    assert refused(theirs.files_info, file=said.files[0].id)["error"] == "file_not_found"
