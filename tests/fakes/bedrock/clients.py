"""boto3 clients and an environment that lead to a fake."""

from importlib import import_module
from typing import Any

_SERVICES = ("bedrock-runtime", "bedrock-agent-runtime", "bedrock")
_KEYS = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake-secret"}


def client(service: str, endpoint_url: str, region: str, **more: Any) -> Any:
    if service not in _SERVICES:
        raise ValueError(f"the fake is no {service}: it is {', '.join(_SERVICES)}")
    boto3: Any = import_module("boto3")  # published without types; and the fake itself does without it
    # A session of its own: boto3's default session must not be shared by threads while it makes clients.
    session = boto3.session.Session(_KEYS["AWS_ACCESS_KEY_ID"], _KEYS["AWS_SECRET_ACCESS_KEY"], region_name=region)
    return session.client(service, endpoint_url=endpoint_url, **more)


def environment(endpoint_url: str, region: str) -> dict[str, str]:
    endpoints = {f"AWS_ENDPOINT_URL_{name.upper().replace('-', '_')}": endpoint_url for name in _SERVICES}
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return {**_KEYS, **endpoints, **regions, "AWS_EC2_METADATA_DISABLED": "true"}
