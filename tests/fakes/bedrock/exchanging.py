"""One request and its answer: what goes wrong, what is said, and when.

The signature is checked first, as AWS does; a fault that is due comes before the body is read at all.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fakes.bedrock import chatting, controlling, embedding, frames, guarding, reranking
from tests.fakes.bedrock.catalogue import resolve
from tests.fakes.bedrock.playing import Player
from tests.fakes.bedrock.reading import tokens
from tests.fakes.bedrock.refusal import Refusal, invalid
from tests.fakes.bedrock.settings import seconds

if TYPE_CHECKING:
    from tests.fakes.bedrock.faults import Fault
    from tests.fakes.bedrock.recording import Call
    from tests.fakes.bedrock.service import Service
    from tests.fakes.bedrock.wire import Connection

_CORAL = "http://internal.amazon.com/coral/com.amazon.bedrock/"  # follows the name in the real header, after a colon
_GRACE = 0.05  # a reset right behind data makes the peer's kernel drop that data unread


class Exchange:
    """Answers one call, and notes in it what became of it."""

    def __init__(self, service: Service, connection: Connection, call: Call, names: dict[str, str]) -> None:
        self._service = service
        self._connection = connection
        self._call = call
        self._names = names
        self._fault: Fault | None = None
        self._head = {"x-amzn-RequestId": str(uuid.uuid4())}

    def run(self, signed_for: str | None) -> None:
        try:
            self._check_signature(signed_for)
            fault = self._due()
            if fault is not None and not fault.midway and fault.kind != "slow":
                self._connection.loop.call_later(fault.delay, self._break, fault)
                return
            self._fault = fault
            self._act(fault.delay if fault is not None else 0.0)
        except Refusal as refusal:
            self._refuse(refusal)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # a body the fake cannot make sense of
            self._refuse(invalid(f"The request body does not fit {self._call.operation}: {error!r}"))

    def _check_signature(self, signed_for: str | None) -> None:
        authorization = self._call.headers.get("authorization", "")
        if not authorization:
            raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        if authorization.startswith("Bearer "):  # a Bedrock API key
            return
        if signed_for is None or "x-amz-date" not in self._call.headers:
            raise Refusal("InvalidSignatureException", "The request signature does not conform to AWS standards.")
        if signed_for != "bedrock":
            raise Refusal("InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.")

    def _due(self) -> Fault | None:
        # Every fault counts the call, so that two of them may be set for different calls of one operation.
        due = [fault for fault in list(self._service.faults) if fault.strikes(self._call.operation, self._call.model)]
        return due[0] if due else None

    def _act(self, extra: float) -> None:
        call, settings = self._call, self._service.settings
        if call.operation in ("Converse", "ConverseStream"):
            model = resolve(call.model, call.region, settings)
            chat = chatting.converse(call.body, model, settings, self._service.scripts, self._service.cache)
            if call.operation == "ConverseStream":
                self._connection.loop.call_later(extra + seconds(chat.first_token), self._play, chat)
            else:
                self._later(extra + chat.whole_delay(), lambda: chat.whole(self._elapsed()))
        elif call.operation == "InvokeModel":
            self._later(extra + seconds(settings.embedding), self._embed)
        elif call.operation == "Rerank":
            body = reranking.rerank(call.body, call.region, settings)
            self._later(extra + seconds(settings.rerank), lambda: body)
        else:
            said = json.dumps(self._plain()).encode()
            self._later(extra, lambda: said)

    def _plain(self) -> dict[str, Any]:
        call = self._call
        match call.operation:
            case "ApplyGuardrail":
                return guarding.apply(call.body, self._service.settings)
            case "GetFoundationModel":
                return controlling.foundation_model(self._names["id"], call.region)
            case "ListFoundationModels":
                return controlling.foundation_models(call.region, call.query)
            case "GetInferenceProfile":
                return controlling.inference_profile(self._names["id"], call.region)
            case "ListInferenceProfiles":
                return controlling.inference_profiles(call.region, call.query)
        raise Refusal("UnknownOperationException", f"the fake has no {call.path}")

    def _embed(self) -> bytes:
        call = self._call
        model = resolve(call.model, call.region, self._service.settings)
        texts = call.body.get("texts") or [call.body.get("inputText", "")]
        self._head["X-Amzn-Bedrock-Input-Token-Count"] = str(sum(tokens(str(text)) for text in texts))
        self._head["X-Amzn-Bedrock-Invocation-Latency"] = str(self._elapsed())
        if model.kind == "cohere":
            return embedding.cohere(call.body, self._service.settings)
        if model.kind == "titan":
            return embedding.titan(call.body)
        raise invalid(f"the fake has InvokeModel for embedding models only, not for {model.id}")

    def _later(self, delay: float, body: Callable[[], bytes]) -> None:
        if delay > 0:
            self._connection.loop.call_later(delay, self._reply, body)
        else:
            self._reply(body)

    def _reply(self, body: Callable[[], bytes]) -> None:
        try:
            whole = body()
        except Refusal as refusal:
            self._refuse(refusal)
            return
        if self._fault is not None and self._fault.midway:
            self._break_midway(self._fault, whole)
            return
        self._service.recorder.close(self._call, "ok")
        self._connection.answer(200, {"Content-Type": "application/json", **self._head}, whole)

    def _play(self, chat: chatting.Chat) -> None:
        if self._connection.closed:
            return
        recorder, fault = self._service.recorder, self._fault
        recorder.stream_opened()
        player: Player

        def over(outcome: str) -> None:
            if self._call.outcome == "pending":
                self._call.events = player.sent
            recorder.close(self._call, outcome)

        def lost() -> None:
            recorder.stream_closed()
            over("aborted")

        def finish(outcome: str) -> None:
            over(outcome)
            if outcome == "ok" or outcome.endswith("Exception"):
                recorder.stream_closed()

        player = Player(
            self._connection,
            chat.groups(),
            lambda: chat.metadata(self._elapsed()),
            chat.between_tokens,
            fault if fault is not None and fault.midway else None,
            finish,
        )
        self._connection.lost = lost
        player.start({"Content-Type": frames.CONTENT_TYPE, **self._head})

    def _break(self, fault: Fault) -> None:
        if fault.kind not in ("reset", "close", "stall"):
            self._refuse(fault.refusal())
            return
        self._service.recorder.close(self._call, fault.kind)
        if fault.kind == "reset":
            self._connection.reset()
        elif fault.kind == "close":
            self._connection.close()

    def _break_midway(self, fault: Fault, whole: bytes) -> None:
        """Half an answer that is not a stream: with its full length announced, or, if corrupt, as if it were all."""
        if fault.kind not in ("reset", "close", "stall", "corrupt"):
            self._refuse(fault.refusal())
            return
        self._service.recorder.close(self._call, fault.kind)
        head, half = {"Content-Type": "application/json", **self._head}, whole[: len(whole) // 2]
        if fault.kind == "corrupt":
            self._connection.answer(200, head, half)
            return
        self._connection.answer(200, head, half, claimed=len(whole))
        if fault.kind == "reset":
            self._connection.loop.call_later(_GRACE, self._connection.reset)
        elif fault.kind == "close":
            self._connection.close()

    def _refuse(self, refusal: Refusal) -> None:
        self._service.recorder.close(self._call, refusal.kind)
        head = {"Content-Type": "application/json", "x-amzn-ErrorType": f"{refusal.kind}:{_CORAL}"}
        self._connection.answer(refusal.status, {**head, **self._head, **refusal.headers}, refusal.body)

    def _elapsed(self) -> int:
        return int((time.monotonic() - self._call.at) * 1000)
