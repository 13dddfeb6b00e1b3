"""The App takes back what did not help, though Redis does not answer as somebody says so."""

import time
from pathlib import Path

from redis import Redis

from bot.app import App
from bot.settings import Settings
from rag_core.domain import Answer, Cached, PersonId
from tests.making import write
from tests.services.redis import Server


def ask(app: App) -> Answer:
    return app.answering.answer(app.question("How long do refunds take?", asked_by=PersonId("ada"), channel="test"))


def test_a_not_helpful_while_redis_stalls_is_heard_by_other_processes(redis_server: Server, tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"), embedding_model="none", redis_url=redis_server.url)
    app = App(settings)
    app.ingest(write(tmp_path / "docs", refunds="# Refunds\n\nRefunds take thirty days."))
    while ask(app).cached is not Cached.EXACT:  # its first connection may take longer than an answer waits
        time.sleep(0.05)
    disliked = ask(app)
    with Redis.from_url(redis_server.url) as admin:
        admin.client_pause(400)
        app.rate(disliked.question_id, PersonId("ada"), helpful=False)
        time.sleep(0.5)
        assert admin.keys("*:answer")
    other = App(settings)
    other.cache.warm(10)  # type: ignore[attr-defined]
    assert ask(other).cached is None
