"""Whether a request is signed as Serverless wants it, by botocore's own computation."""

import hashlib
import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, SignedHeaders=(\S+), Signature=(\S+)"
)


def unsigned(
    secrets: Mapping[str, str], service: str, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> str | None:
    """What is wrong with the signature; `secrets` by access key, `headers` with small letters."""
    found = SIGNED.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "there is none"
    access, region, named, signed, signature = found.groups()
    if headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        return "x-amz-content-sha256 is not that of the body"
    if "x-amz-content-sha256" not in signed.split(";"):
        return "x-amz-content-sha256 is not signed"
    if named != service or access not in secrets:
        return f"it is for {named}, by {access}"
    request = AWSRequest(method, url, {name: headers[name] for name in signed.split(";")}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(access, secrets[access]), service, region)
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    return None if signer.signature(to_sign, request) == signature else "it is another's"
