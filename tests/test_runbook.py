"""Whoever is woken by an alarm finds its page, and on it only commands and queries that there are."""

import re
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from bot.cli import COMMANDS
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs/runbook").glob("*.md") if path.stem != "README"}
SECTIONS = ("## What it means", "## Look first", "## What to do", "## When to call whom")
ALARM = re.compile(r"AlarmName: .*\$\{Stage\}-([a-z-]+)")
QUERY = re.compile(r"Name: !Sub supportbot-\$\{Stage\}/(.+)")
TITLE = re.compile(r'"title": "([^"]+)"')
ERRORS = {"KeyError", "ThrottlingException"}
WANTED = {
    *("error-share", "latency", "dead-letters", "queue-age", "throttling", "cost"),
    *("abstention", "helpful-share", "ingestion-stale"),
}


def in_templates(pattern: re.Pattern[str]) -> set[str]:
    return {name for path in (ROOT / "infra").glob("*.yaml") for name in pattern.findall(path.read_text("utf-8"))}


def parameters() -> set[str]:
    texts = (path.read_text("utf-8") for path in (ROOT / "infra").glob("*.yaml"))
    blocks = (re.split(r"\n(?=\S)", text.split("\nParameters:\n")[1])[0] for text in texts)
    return {name for block in blocks for name in re.findall(r"^  (\w+):", block, re.MULTILINE)}


def test_every_alarm_has_its_page_and_every_page_its_alarm() -> None:
    alarms = in_templates(ALARM)
    assert PAGES.keys() == (alarms or WANTED)


@pytest.mark.parametrize("name", sorted(PAGES))
class TestAPage:
    def test_it_says_what_and_what_to_do_on_one_screen(self, name: str) -> None:
        places = [PAGES[name].find(section) for section in SECTIONS]
        assert -1 not in places
        assert places == sorted(places)
        assert len(PAGES[name].splitlines()) <= 45

    def test_its_commands_and_its_pages_are_there(self, name: str) -> None:
        for command in re.findall(r"`supportbot (?:--stage \S+ )?([a-z]+)", PAGES[name]):
            assert command in COMMANDS
        for page in re.findall(r"\]\(([^)#]+\.md)", PAGES[name]):
            assert (ROOT / "docs/runbook" / page).resolve().is_file(), page

    def test_its_saved_queries_are_in_the_template(self, name: str) -> None:
        there = in_templates(QUERY)
        named = set(re.findall(r"\*\*([A-Z][A-Za-z ]+)\*\*", PAGES[name]))
        assert named
        assert not there or named <= {query.strip() for query in there}

    def test_its_pictures_are_on_the_dashboard(self, name: str) -> None:
        there = in_templates(TITLE)
        named = set(re.findall(r'dashboard, "([^"]+)"', PAGES[name]))
        assert not there or named <= there

    def test_its_parameters_are_the_templates(self, name: str) -> None:
        named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:=[^`]*)?`", PAGES[name]))
        assert named - ERRORS <= parameters()

    def test_its_options_are_there(self, name: str) -> None:
        for command, option in re.findall(r"`supportbot ([a-z]+)[^`]*? (--[a-z-]+)", PAGES[name]):
            made = import_module(f"bot.commands.{command}").command
            assert option in [each for parameter in made.params for each in parameter.opts]

    def test_its_settings_are_there(self, name: str) -> None:
        known = {f"{PREFIX}{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
        assert set(re.findall(r"SUPPORTBOT_[A-Z_]+", PAGES[name])) <= known

    def test_the_overview_leads_to_it(self, name: str) -> None:
        assert f"[{name}]({name}.md)" in (ROOT / "docs/runbook/README.md").read_text("utf-8")
