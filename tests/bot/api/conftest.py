"""A small help center, ingested once."""

import gc
import shutil
from pathlib import Path

import pytest

from rag_core.domain import Audience
from tests.bot.api.asking import Client
from tests.bot.api.signing import SETTINGS, Zendesk
from tests.making import app, write


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, docs = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("docs")
    write(docs / "public", refunds="# Refunds\n\nA refund takes thirty days after the return arrives.\n")
    write(docs / "internal", escalation="# Escalation\n\nThe escalation pager of the warehouse rings in Lisbon.\n")
    app(home).ingest(docs / "public")
    app(home).ingest(docs / "internal", audience=Audience.INTERNAL)
    gc.collect()  # closes their files: none may go while a test copies them
    return home


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ingested, tmp_path / "home"))


@pytest.fixture
def client(home: Path) -> Client:
    return Client(home)


@pytest.fixture
def zendesk(home: Path) -> Zendesk:
    return Zendesk(Client(home, SETTINGS))
