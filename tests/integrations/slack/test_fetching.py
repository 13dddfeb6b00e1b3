"""The token goes where Slack keeps files, and to nothing else on Slack's own hosts."""

from typing import Any

import pytest

from bot.local.workspace.workspace import Workspace
from integrations.slack.calling import LostError
from integrations.slack.fetching import Web
from rag_core.domain import Deadline
from rag_core.errors import RejectedError
from tests.integrations.slack.office import Office, words

FILE = "/files-pri/T024BE7LD-F024BERPE/download/notes.txt"
API = ["auth.revoke", "chat.postMessage?channel={help}&text=pwned", "conversations.history?channel={help}"]


@pytest.fixture
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for ends at a port that nobody listens at."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "url",
    [
        f"https://files.slack.com{FILE}",
        f"https://files.slack-gov.com{FILE}",
        f"https://files.slack.com{FILE}?origin_team=T024BE7LD",
        "https://files.slack.com/files-pri/T024BE7LD-F024BERPE/%E3%83%AD%E3%82%B0.txt",
        "https://files.slack.com/files-tmb/T024BE7LD-F024BERPE-1d2e/notes_360.png",
    ],
)
@pytest.mark.usefixtures("_nowhere")
def test_slacks_own_files_are_asked_for(url: str) -> None:
    with pytest.raises(LostError):
        Web().download(url, "xoxb-1", 10, Deadline.within(5))


@pytest.mark.parametrize(
    "url",
    [
        "https://slack.com/api/auth.revoke",
        f"https://slack.com{FILE}",
        f"https://acme.slack.com{FILE}",
        f"https://hooks.slack.com{FILE}",
        f"https://files.slack.com.evil.example{FILE}",
        f"https://files.slack.com@evil.example{FILE}",
        f"https://evil.example\\@files.slack.com{FILE}",
        f"https://files.slack.com:8443{FILE}",
        f"http://files.slack.com{FILE}",
        "https://files.slack.com/api/auth.revoke",
        "https://files.slack.com/files-pri/",
        "https://files.slack.com/files-pri/../api/auth.revoke",
        "https://files.slack.com/files-pri/T-F/..;/../api/auth.revoke",
        "https://files.slack.com/files-pri/T-F/%2e%2e/%2E%2E/api/auth.revoke",
        "https://files.slack.com/files-pri/T-F/..%2f..%2fapi/auth.revoke",
        "https://files.slack.com/files-pri/T-F/..%5c..%5capi/auth.revoke",
        "https://files.slack.com/files-pri/T-F/%252e%252e/api/auth.revoke",
        "https://files.slack.com/files-pri/T-F//api/auth.revoke",
        "https://files.slack.com/files-pri/T-F/a b\r\nX: y",
        "https://files.slack.com/files-pri/T-F/ä.txt",
        f"https://files.slack.com{FILE}?x=ä",
        f"https://files.slack.com{FILE}?x=a b",
        f"https://files.slack.com{FILE}\n",
        "https://[files.slack.com/files-pri/T-F/a.txt",
        "",
    ],
)
@pytest.mark.usefixtures("_nowhere")
def test_nothing_else_is_sent_the_token(url: str) -> None:
    with pytest.raises(RejectedError) as caught:
        Web().download(url, "xoxb-1", 10, Deadline.within(5))
    assert not isinstance(caught.value, LostError)
    assert not url or url not in f"{caught.value!r}{caught.value.__context__!r}"


@pytest.mark.parametrize("method", API)
def test_a_simulated_slacks_methods_are_no_files_either(slack: Workspace, method: str) -> None:
    before = len(slack.calls())
    for url in (f"{slack.url}{method}", f"{slack.origin}/files-pri/../api/{method}"):
        with pytest.raises(RejectedError):
            Web(slack.url).download(url.format(help="C1"), slack.token, 10, Deadline.within(5))
    assert len(slack.calls()) == before


def declined(here: Office, **about: Any) -> None:
    """A file is not read, no method is called for it, and it is said so."""
    asked = here.slack.say(here.help, here.ada, "why?")
    here.queue.jobs.clear()
    text = f"<@{here.slack.bot.id}> why?"
    given = {"id": "F1", "name": "notes.txt", "mode": "hosted", "mimetype": "text/plain", "size": 3} | about
    event = {"type": "app_mention", "channel": here.help.id, "user": here.ada.id, "text": text, "files": [given]}
    here.slack.faults.limit("files", None)  # a download would be refused for good
    here.worker.work(here.event(**event, ts=asked.ts), Deadline.within(20), False)
    assert [question.text for question in here.core.asked] == ["why?"]
    assert "notes.txt" in words(here.replies(asked)[-1])
    assert not {call.method for call in here.slack.calls()} & {"auth.revoke", "conversations.history"}
    assert not any("pwned" in each.text for each in here.slack.messages(here.help))


@pytest.mark.parametrize("method", API)
def test_a_file_that_is_a_method_of_slacks_is_declined(here: Office, method: str) -> None:
    declined(here, url_private=here.slack.url + method.format(help=here.help.id))


@pytest.mark.parametrize(
    "remote",
    [
        {"mode": "external"},
        {"mode": "remote"},
        {"is_external": True},
        {"external_type": "gdrive"},
        {"external_id": "1"},
        {"external_url": "https://x.example"},
    ],
)
def test_a_remote_file_is_declined_wherever_it_says_it_lies(here: Office, remote: dict[str, Any]) -> None:
    """Such as with Slack, where the bot may read what the asker may not."""
    here.slack.say(here.help, here.ben, "for Ben", files={"private.txt": b"a secret of Ben's"})
    [private] = here.slack.files()
    address = f"{here.slack.origin}/files-pri/{private.team}-{private.id}/private.txt"
    declined(here, url_private=address, **remote)


@pytest.mark.parametrize("size", [None, "3", "x", -1, True, 1.5, [3], {}])
def test_a_file_that_has_no_size_is_declined(here: Office, size: object) -> None:
    address = f"{here.slack.origin}/files-pri/T1-F1/notes.txt"
    declined(here, url_private=address, size=size)


def test_a_file_that_is_large_is_declined(here: Office) -> None:
    declined(here, url_private=f"{here.slack.origin}/files-pri/T1-F1/notes.txt", size=1_000_001)
