"""The manifest is what Slack takes, and names what the code listens to, shows and calls: no more and no less."""

import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator
from slack_bolt import App

from integrations.slack import notices
from integrations.slack.authorizing import REDIRECT, SCOPES
from integrations.slack.handling import Handling, UseCases
from integrations.slack.ingress import QUESTION

ROOT = Path(__file__).resolve().parents[1]
HOST, PATH = "https://api.example.com", "/slack/events"
# What Slack takes at most (https://docs.slack.dev/reference/app-manifest), in the parts that this app has.
YES: dict[str, Any] = {"type": "boolean"}
URL: dict[str, Any] = {"type": "string", "pattern": "^https://[^/]+/", "maxLength": 255}


def text(longest: int, shortest: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest} | more


def exactly(needed: str, **parts: Any) -> dict[str, Any]:
    return {"type": "object", "properties": parts, "required": needed.split(), "additionalProperties": False}


def several(each: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": each, "minItems": 1, "maxItems": most, "uniqueItems": True}


SCHEMA = exactly(
    "_metadata display_information features oauth_config settings",
    _metadata=exactly("major_version minor_version", major_version={"const": 2}, minor_version={"const": 1}),
    display_information=exactly(
        "name description long_description background_color",
        name=text(35),
        description=text(140),
        long_description=text(4_000, 175),
        background_color={"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    ),
    features=exactly(
        "agent_view app_home bot_user shortcuts slash_commands",
        agent_view=exactly(
            "agent_description suggested_prompts",
            agent_description=text(300),
            suggested_prompts=several(exactly("title message", title=text(75), message=text(300)), 4),
        ),
        app_home=exactly(
            "home_tab_enabled messages_tab_enabled messages_tab_read_only_enabled",
            home_tab_enabled={"const": True},
            messages_tab_enabled={"const": True},
            messages_tab_read_only_enabled={"const": False},
        ),
        bot_user=exactly("display_name", display_name=text(80, pattern="^[a-z0-9._-]+$"), always_online=YES),
        shortcuts=several(
            exactly(
                "name type callback_id description",
                name=text(24),
                type={"enum": ["message", "global"]},
                callback_id=text(255),
                description=text(150),
            ),
            10,
        ),
        slash_commands=several(
            exactly(
                "command url description",
                command=text(32, 2, pattern="^/[a-z0-9_-]+$"),
                url=URL,
                description=text(2_000),
                usage_hint=text(1_000),
                should_escape=YES,
            ),
            50,
        ),
    ),
    oauth_config=exactly(
        "scopes",
        redirect_urls=several(URL, 1_000),
        scopes=exactly("bot", bot=several(text(100, pattern="^[a-z_]+(:[a-z._]+)*$"), 255)),
    ),
    settings=exactly(
        "event_subscriptions interactivity org_deploy_enabled socket_mode_enabled token_rotation_enabled",
        event_subscriptions=exactly("request_url bot_events", request_url=URL, bot_events=several(text(100), 100)),
        interactivity=exactly("is_enabled request_url", is_enabled={"const": True}, request_url=URL),
        org_deploy_enabled=YES,
        socket_mode_enabled=YES,
        token_rotation_enabled=YES,
    ),
)
# What a method of the Web API needs: https://docs.slack.dev/reference/methods. None: nothing but a token.
CHANNELS = ("channels", "groups", "im", "mpim")
HISTORY, READ = ({f"{kind}:{what}" for kind in CHANNELS} for what in ("history", "read"))
NEEDED: dict[str, set[str]] = {
    "agents_sessions_setStatus": {"assistant:write"},
    "assistant_threads_setSuggestedPrompts": {"assistant:write"},
    "auth_revoke": set(),
    "auth_test": set(),
    "chat_appendStream": {"chat:write"},
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_startStream": {"chat:write"},
    "chat_stopStream": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": HISTORY,
    "conversations_info": READ,
    "conversations_members": READ,
    "conversations_open": {"im:write"},
    "conversations_replies": HISTORY,
    "oauth_v2_access": set(),
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_publish": set(),
}
OF_EVENTS = {
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "user_change": {"users:read"},
}
BESIDES = {"commands", "files:read"}  # of the commands and shortcuts; of downloads


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    return found


class Registered:
    """Stands where Bolt's App does while the listeners are registered."""

    def __init__(self) -> None:
        self.names: dict[str, list[Any]] = {}
        Handling(cast(UseCases, None), cast(Any, None)).register(cast(App, self))

    def __getattr__(self, kind: str) -> Any:
        def register(what: Any) -> Any:
            self.names.setdefault(kind, []).append(what)
            return lambda listener: listener

        return register

    def of(self, kind: str) -> set[str]:
        """But for the catch-all."""
        return {each for each in self.names[kind] if isinstance(each, str)}


@pytest.fixture(scope="module")
def registered() -> Registered:
    return Registered()


def methods() -> set[str]:
    """Of the Web API, wherever the adapter names one."""
    sources = [path.read_text("utf-8") for path in (ROOT / "integrations" / "slack").glob("*.py")]
    return {
        found
        for source in sources
        for found in re.findall(r"\bclient\.([a-z]+(?:_[A-Za-z0-9]+)+)\b(?<!client_id)", source)
    }


def test_slack_takes_it(manifest: dict[str, Any]) -> None:
    errors = [f"{list(error.path)}: {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(manifest)]
    assert errors == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("features", "shortcuts"), []),
        (("features", "assistant_view"), {}),
        (("features", "agent_view", "agent_description"), "x" * 301),
        (("settings", "event_subscriptions", "request_url"), "http://host/x"),
        (("settings", "interactivity", "is_enabled"), False),
    ],
)
def test_what_slack_refuses_is_noticed_here(manifest: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    changed = yaml.safe_load(yaml.safe_dump(manifest))
    holder = changed
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    assert list(Draft202012Validator(SCHEMA).iter_errors(changed))


def test_every_event_is_listened_to_and_every_listener_gets_its_event(
    manifest: dict[str, Any], registered: Registered
) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in subscribed} == registered.of("event")
    assert {event for event in subscribed if event.startswith("message.")} == {f"message.{kind}" for kind in CHANNELS}


def test_every_command_and_shortcut_has_its_listener(manifest: dict[str, Any], registered: Registered) -> None:
    features = manifest["features"]
    commands = {each["command"] for each in features["slash_commands"]}
    assert commands == registered.of("command")
    assert QUESTION in commands  # which the ingress answers at once
    assert {each["callback_id"] for each in features["shortcuts"]} == registered.of("shortcut")


def test_whatever_else_comes_is_caught(registered: Registered) -> None:
    for kind in ("event", "shortcut", "command", "action", "view", "view_closed", "options"):
        *_, last = registered.names[kind]
        assert last == re.compile("")


def test_every_button_and_modal_that_is_shown_has_its_listener(registered: Registered) -> None:
    from integrations.slack import answers, home, modals

    shown = {answers.RATE, answers.ASK_HUMAN, answers.RESOLVED, answers.SHARE, answers.DISCARD}
    shown |= {answers.EARLIER, answers.LATER}
    assert registered.of("action") == shown
    assert home.OPEN_SETTINGS not in shown  # the ingress opens it, and the worker has nothing to do
    assert registered.of("view") == {modals.FEEDBACK, modals.CHANNEL_SETTINGS}


def test_the_app_may_do_what_it_calls_and_no_more(manifest: dict[str, Any]) -> None:
    called = methods()
    assert called - NEEDED.keys() == set(), "say in NEEDED which scopes these need"
    assert NEEDED.keys() - called == set(), "nothing calls these any more"
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    events = set().union(*OF_EVENTS.values())
    assert scopes == set().union(*NEEDED.values()) | events | BESIDES


def test_an_installation_by_oauth_asks_for_the_same_scopes(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)


def test_with_its_commented_lines_it_is_for_several_workspaces(manifest: dict[str, Any]) -> None:
    assert "redirect_urls" not in manifest["oauth_config"]
    whole = (ROOT / "manifest.yml").read_text("utf-8")
    several = yaml.safe_load(re.sub(r"^  # (redirect_urls:|  - )", r"  \1", whole, flags=re.MULTILINE))
    assert several["oauth_config"].pop("redirect_urls") == [f"{HOST}{REDIRECT}"]
    assert several == manifest


def test_its_addresses_are_nobodys_and_of_a_form_that_every_check_takes(manifest: dict[str, Any]) -> None:
    host = urlsplit(manifest["settings"]["event_subscriptions"]["request_url"]).hostname or ""
    assert re.fullmatch(r"([a-z0-9-]+\.)+example\.com", host)  # RFC 2606; no underscore, which is in no host's name


def test_slack_calls_one_address(manifest: dict[str, Any]) -> None:
    settings, features = manifest["settings"], manifest["features"]
    called = {settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"]}
    called |= {each["url"] for each in features["slash_commands"]}
    assert called == {f"{HOST}{PATH}"}


def test_the_first_prompts_are_those_the_app_sets_later(manifest: dict[str, Any]) -> None:
    stated = manifest["features"]["agent_view"]["suggested_prompts"]
    assert [(each["title"], each["message"]) for each in stated] == list(notices.PROMPTS)


def test_every_scope_is_explained(manifest: dict[str, Any]) -> None:
    explained = (ROOT / "docs" / "slack.md").read_text("utf-8")
    for scope in manifest["oauth_config"]["scopes"]["bot"]:
        assert f"`{scope}`" in explained, scope
