"""How Bedrock says no: the names, statuses and shapes of its errors.

Names and statuses are those of the service models in botocore 1.44; the four of the signature check are AWS-wide.
"""

import json
from typing import Any

STATUS = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 400,
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnrecognizedClientException": 403,
    "ResourceNotFoundException": 404,
    "UnknownOperationException": 404,
    "ModelTimeoutException": 408,
    "ConflictException": 409,
    "DependencyFailedException": 424,
    "ModelErrorException": 424,
    "ModelStreamErrorException": 424,
    "ModelNotReadyException": 429,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "BadGatewayException": 502,
    "ServiceUnavailableException": 503,
}

MESSAGES = {
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "ExpiredTokenException": "The security token included in the request is expired",
    "InternalServerException": "The system encountered an unexpected error during processing. Try your request again.",
    "ModelErrorException": "The system encountered an unexpected error during processing. Try your request again.",
    "ModelStreamErrorException": "Stream processing stopped on an unexpected error. Try your request again.",
    "ModelTimeoutException": "Model has timed out in processing the request. Try your request again.",
    "ServiceUnavailableException": "Bedrock is unable to process your request.",
    "ThrottlingException": "Too many requests, please wait before trying again.",
}

# The members of ConverseStreamOutput that are exceptions: only these can come inside a stream.
IN_STREAM = {
    "InternalServerException": "internalServerException",
    "ModelStreamErrorException": "modelStreamErrorException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ThrottlingException": "throttlingException",
    "ValidationException": "validationException",
}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure of the fake
    """An error answer; `fields` are further members of its body, `headers` of its head."""

    def __init__(self, kind: str, message: str = "", *, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = STATUS[kind]
        self.message = message or MESSAGES.get(kind, kind)
        self.fields = fields
        self.headers = headers or {}

    @property
    def body(self) -> bytes:
        return json.dumps({"message": self.message, **self.fields}).encode()


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def model_says(message: str) -> Refusal:
    """What the model behind Bedrock refused, as Bedrock passes it on."""
    return invalid(f"The model returned the following errors: {message}")


def malformed(*complaints: str) -> Refusal:
    """A body that does not fit the JSON schema of its model, in the words of Bedrock's validator."""
    return invalid(f"Malformed input request: {''.join(complaints)}, please reformat your input and try again.")


def out_of_bounds(member: str, bound: str) -> Refusal:
    """A member beyond the limits of the service model, which boto3 checks only from below."""
    found = f"Value at '{member}' failed to satisfy constraint: Member must {bound}"
    return invalid(f"1 validation error detected: {found}")
