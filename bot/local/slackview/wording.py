"""What a person types, as Slack's client sends it: names become mentions, and three signs are escaped."""

import re

from bot.local.slackview.office import Office

NAME = re.compile(r"(?<![\w@#])([@#])([\w-]{1,80})")
ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def written(office: Office, text: str) -> str:
    """Only names that there are become mentions."""
    return NAME.sub(lambda found: _mention(office, found), text.translate(ESCAPED))


def mentions_app(office: Office, text: str) -> bool:
    return f"<@{office.slack.bot.id}>" in text


def _mention(office: Office, found: re.Match[str]) -> str:
    sign, name = found[1], found[2].lower()
    if sign == "#":
        places = (place.channel for place in office.places.values())
        return next((f"<#{each.id}>" for each in places if each.name == name), found[0])
    everyone = [office.slack.bot, *(person for person, _ in office.people.values())]
    return next((f"<@{each.id}>" for each in everyone if each.handle == name), found[0])
