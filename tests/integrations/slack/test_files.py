"""A question with files: what is read of them, and what is said of those that are not."""

from rag_core.domain import Deadline
from tests.integrations.slack.office import Office, words


class TestFiles:
    def test_a_text_file_is_read(self, here: Office) -> None:
        here.mention("why does this fail?", files={"app.log": b"ERROR 4711 in login"})
        here.work()
        assert here.core.asked_texts == ["why does this fail?\n\napp.log:\nERROR 4711 in login"]

    def test_others_are_declined(self, here: Office) -> None:
        asked = here.mention("why?", files={"shot.png": b"\x89PNG", "notes.txt": b"a\0b"})
        here.work()
        assert here.core.asked_texts == ["why?"]
        said = words(here.replies(asked)[-1])
        assert "shot.png" in said
        assert "notes.txt" in said

    def test_a_file_alone_that_is_not_read_is_no_question(self, here: Office) -> None:
        asked = here.mention("", files={"shot.png": b"\x89PNG"})
        here.work()
        assert "shot.png" in words(here.only(asked))
        assert not here.core.asked

    def test_a_long_file_is_read_as_far_as_a_question_goes(self, here: Office) -> None:
        asked = here.mention("why?", files={"app.log": b"x" * 10_000})
        here.work()
        [text] = here.core.asked_texts
        assert 3_900 < len(text) <= 4_000
        assert "app.log" in words(here.replies(asked)[-1])

    def test_the_token_goes_to_slack_alone(self, here: Office) -> None:
        text = f"<@{here.slack.bot.id}> why?"
        elsewhere = {"name": "a.txt", "mimetype": "text/plain", "size": 3, "url_private": "https://evil.example/a.txt"}
        event = {
            "type": "app_mention",
            "channel": here.help.id,
            "user": here.ada.id,
            "text": text,
            "files": [elsewhere],
        }
        asked = here.slack.say(here.help, here.ada, "why?")
        here.queue.jobs.clear()
        # a socket to there would be refused
        here.worker.work(here.event(**event, ts=asked.ts), Deadline.within(20), False)
        assert here.core.asked_texts == ["why?"]
        assert "a.txt" in words(here.replies(asked)[-1])

    def test_slacks_page_to_sign_in_is_no_text(self, here: Office) -> None:
        here.slack.faults.fail("files", status=302)
        asked = here.mention("why?", files={"app.log": b"ERROR"})
        here.work()
        assert here.core.asked_texts == ["why?"]
        assert "app.log" in words(here.replies(asked)[-1])
