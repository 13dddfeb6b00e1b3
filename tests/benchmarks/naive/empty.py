"""What a function costs that does nothing: the emulator, the interpreter and Lambda's runtime client."""

from typing import Any


def handle(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda's signature
    return {"statusCode": 200}
