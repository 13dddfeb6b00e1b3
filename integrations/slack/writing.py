"""Show an answer while it is written: by Slack's own streaming, or by changing a message now and then.

What is shown on the way may fail, be late or end early: the whole text is kept here, and stands there at the end.
"""

import time
from collections.abc import Callable, Sequence

from integrations.slack import answers, notices
from integrations.slack.answers import About
from integrations.slack.calling import LostError, RefusedError
from integrations.slack.messages import Message
from integrations.slack.needs import Place
from integrations.slack.replying import Reply
from integrations.slack.starting import Starts
from integrations.slack.streaming import Ending, Streaming
from integrations.slack.turns import STOPPED
from rag_core.domain import Answer, AnswerRecord, Citation
from rag_core.errors import UnavailableError

BUFFER, EVERY = 512, 1.5  # characters, or seconds, after which a stream goes on: appending has a limit a minute
BETWEEN = 1.2  # seconds between two changes of a message
QUICK = 0.2  # seconds within which an answer that has begun is soon whole: what comes in one piece needs no stream
BY_USER = "stopped_by_user"


class Writing:
    """The reply to one question on its way, given to the core as `on_stage` and `on_text`."""

    def __init__(
        self, reply: Reply, place: Place, about: About, starts: Starts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._reply, self._place, self._about = reply, place, about
        self._starts, self._clock = starts, clock
        self._streaming = Streaming(about)
        self._waiting, self._parts = "", 0
        self._native = False  # a stream of ours is open
        self._partly: Message | None = None  # what the message that we change was changed to
        self._from = self._begun = clock()  # when something may be shown again, and when the core was asked
        self._by_user = False
        self._is_quiet = False  # a person's stop is done
        self._is_shown = True  # that it is worked on, as far as is known here

    @property
    def is_stopped(self) -> bool:
        """A person has pressed stop, here or where another worker was told of it."""
        if not self._by_user:
            noted = self._reply.turns.noted(self._reply.turn, STOPPED)
            self._by_user = noted is not None and float(noted) > float(self._reply.turn.since)
        return self._by_user

    def begin(self) -> None:
        """Something is there to be seen at once."""
        if self._reply.turn.reply is None and not self._reply.begin():
            self._is_shown = False
            self._reply.place(notices.placeholder())
        self._begun = self._clock()

    def stage(self, stage: str) -> None:
        """Not shown stage by stage: each would be a call that the answer waits for."""

    def text(self, text: str, citations: tuple[Citation, ...]) -> None:
        self._waiting += self._streaming.feed(text, citations)
        self._parts += 1
        in_one = self._parts == 1 and self._clock() - self._begun < QUICK
        if in_one or not self._is_due():
            return
        if self.is_stopped:
            self._stop_quietly()
        elif self._reply.turn.reply and not self._native:
            self._show()
        elif not self._waiting:
            return  # what does not fit, or changes what stands there, comes at the end
        elif self._native:
            self._append()
        else:
            self._start()

    def finish(self, answer: Answer | AnswerRecord, *beside: Message) -> None:
        """The whole answer stands there, and `beside` below it; or what there was when a person stopped it."""
        if self.is_stopped:
            self._stop_quietly()
            return
        if self._parts and isinstance(answer, Answer):
            self._end(self._streaming.finish(answer), beside)
        else:
            self._reply.finish((*answers.reply(answer, self._about), *beside))
        self._rest()

    def say(self, messages: Sequence[Message]) -> None:
        """Something else than an answer."""
        if self._native:
            self._close()
        self._reply.finish(messages)
        self._rest()

    def _rest(self) -> None:
        if self._is_shown:
            self._is_shown = False
            self._reply.rest()

    def _is_due(self) -> bool:
        return self._clock() >= self._from or (self._native and len(self._waiting) >= BUFFER)

    def _start(self) -> None:
        """A stream, or a message that is changed from then on."""
        if self._starts.take(self._place.team) and self._reply.start(self._place, self._waiting):
            self._native, self._waiting, self._from = True, "", self._clock() + EVERY
        else:
            self._reply.place(self._partial())
            self._from = self._clock() + BETWEEN

    def _append(self) -> None:
        try:
            self._reply.append(self._waiting)
            self._waiting, self._from = "", self._clock() + EVERY
        except RefusedError as error:
            self._by_user = error.code == BY_USER
            self._stop_quietly() if self._by_user else self._close()
        except LostError:  # perhaps it is there, perhaps not: the stream ends here, and the whole text comes at the end
            self._close()
        except UnavailableError as error:
            self._from = self._clock() + (error.retry_after or EVERY)

    def _show(self) -> None:
        try:
            self._reply.show(self._partial())
            self._from = self._clock() + BETWEEN
        except RefusedError:
            self._from = float("inf")  # the end will say what is wrong
        except UnavailableError as error:
            self._from = self._clock() + (error.retry_after or BETWEEN)

    def _partial(self) -> Message:
        self._partly = self._streaming.so_far()
        return self._partly

    def _end(self, ending: Ending, beside: Sequence[Message]) -> None:
        is_placed = self._native and not ending.replace and self._stop_with(ending)
        if self._native:
            self._close()
        if self._by_user:
            self._stop_quietly()
        elif is_placed:
            self._reply.finish((ending.whole[0], *ending.further, *beside), placed=1)
        else:
            self._reply.finish((*ending.whole, *beside))

    def _stop_with(self, ending: Ending) -> bool:
        """Whether the stream ended with the answer's end."""
        try:
            self._reply.stop(self._waiting + ending.tail, ending.blocks)
        except RefusedError as error:
            self._by_user = error.code == BY_USER
            return False
        self._native = self._is_shown = False
        return True

    def _close(self) -> None:
        self._native = False
        try:
            self._reply.stop("", ())
        except RefusedError as error:
            self._by_user = self._by_user or error.code == BY_USER

    def _stop_quietly(self) -> None:
        """What was streamed stays as it is; a message that we change says why there is no more. Once, and at once."""
        if self._is_quiet:
            return
        self._is_quiet = True
        if self._native:
            self._close()
        elif not self._reply.turn.streamed:
            shown, stopped = self._partly, notices.stopped()  # the last block of what was shown says: still writing
            self._reply.place(Message(shown.text, (*shown.blocks[:-1], *stopped.blocks)) if shown else stopped)
        self._rest()
