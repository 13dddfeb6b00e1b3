"""Our pipeline, as a channel uses it: a claim, then the App's answer with everything that is on by default."""

import tempfile
from datetime import timedelta
from secrets import token_hex
from typing import Any

from bot.app import App
from bot.settings import Settings
from rag_core.domain import Deadline, Outcome, PersonId
from tests.benchmarks.naive.measuring import Ask, Told, serve


def options(settings: dict[str, Any]) -> Settings:
    return Settings(
        home=tempfile.mkdtemp(dir=settings.get("home")),
        region="us-east-1",
        answer_model=settings["answer_model"],
        embedding_model=f"bedrock:{settings['embedding_model']}",
        embedding_dimensions=settings["dimensions"],
        bedrock_url=settings["bedrock"],
        opensearch_url=settings["opensearch"],
        opensearch_kind="domain",
        opensearch_signed=False,
        opensearch_index=settings["alias"],
    )


def asking(settings: dict[str, Any]) -> Ask:
    made = App(options(settings))

    def ask(text: str, told: Told) -> None:
        if not made.claims.claim(token_hex(8), ttl=timedelta(days=15)):
            raise ValueError("a claim of its own was refused")
        question, waits = made.question(text, asked_by=PersonId("ada"), channel="bench"), True

        def show(_text: str, _citations: object) -> None:
            nonlocal waits
            if waits:
                waits = False
                told()

        answer = made.answering.answer(question, on_text=show, deadline=Deadline.within(25))
        if answer.outcome is not Outcome.ANSWERED or not answer.complete:
            raise ValueError(f"{answer.outcome} ({answer.confidence}): {text}")

    return ask


if __name__ == "__main__":
    serve(asking)
