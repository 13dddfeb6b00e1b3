"""Count what stands in Slack after a storm, from Slack alone: each question one whole answer, and nothing besides."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from integrations.slack import answers
from integrations.slack.answers import About
from integrations.slack.needs import Core
from integrations.slack.turns import State, Turns, question_id
from rag_core.domain import AnswerRecord


@dataclass(slots=True)
class Toll:
    """What came of it."""

    questions: int
    signed: int = 0  # requests to the ingress
    refused: int = 0  # of them, with 503
    deliveries: int = 0  # by the queue
    killed: int = 0
    again: int = 0  # deliveries that asked to come again
    aside: int = 0  # jobs that were delivered too often, and then once more by hand
    calls: int = 0  # of Slack
    lost_responses: int = 0
    seconds: float = 0.0
    lost: list[str] = field(default_factory=list)  # questions without an answer
    twice: list[str] = field(default_factory=list)  # with more than one
    torn: list[str] = field(default_factory=list)  # whose answer is not whole
    stray: list[str] = field(default_factory=list)  # messages of ours that belong to none
    open: list[str] = field(default_factory=list)  # that we have not done with, as far as we know
    broken: list[str] = field(default_factory=list)  # whatever should not have been raised

    @property
    def wrong(self) -> list[str]:
        return [*self.lost, *self.twice, *self.torn, *self.stray, *self.open, *self.broken]


def count(slack: Workspace, core: Core, asked: list[Message]) -> Toll:
    toll, said = Toll(len(asked)), defaultdict[str, list[Message]](list)
    for channel in slack.world.channels.values():
        for message in slack.messages(channel):
            if message.user == slack.bot.id:
                said[_turn(message)].append(message)
    for question in asked:
        turn = f"{slack.team.id}:{question.channel}:{question.ts}"
        named = question_id(slack.team.id, question.channel, question.ts)
        _judge(toll, turn, core.log.answer(named), said.pop(turn, []))
    toll.stray = [f"stray {message.ts} {message.text[:80]!r} {turn}" for turn, all_ in said.items() for message in all_]
    turns = Turns(core.records, core.claims)
    for place, thread in {(each.channel, each.root) for each in asked}:
        toll.open += [
            f"open {turn.key} {turn.state}"
            for turn in turns.of_thread(slack.team.id, place, thread)
            if turn.state is not State.DONE
        ]
    return toll


def _turn(message: Message) -> str:
    metadata: Any = message.metadata or {}
    return str(metadata.get("event_payload", {}).get("turn", ""))


def _judge(toll: Toll, turn: str, record: AnswerRecord, found: list[Message]) -> None:
    if not found:
        toll.lost.append(f"lost {turn}")
        return
    expected = answers.reply(record, About())
    parts = sorted(found, key=lambda each: each.metadata["event_payload"]["part"])  # type: ignore[index]
    buttons = [block for each in parts for block in each.blocks if block["type"] == "actions"]
    numbers = [each.metadata["event_payload"]["part"] for each in parts]  # type: ignore[index]
    if len(parts) > len(expected) or len(set(numbers)) < len(numbers) or len(buttons) > 1:
        toll.twice.append(f"twice {turn}: {len(parts)} instead of {len(expected)}, {len(buttons)} times buttons")
    elif _words(parts) != _words(expected) or not buttons or any(each.grows for each in parts):
        toll.torn.append(f"torn {turn}: {_words(parts)[:200]!r} instead of {_words(expected)[:200]!r}")


def _words(messages: list[Any]) -> str:
    texts = (block["text"] for each in messages for block in each.blocks if block["type"] == "markdown")
    return "".join("".join(text.split()) for text in texts)
