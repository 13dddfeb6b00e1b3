"""Make a client of redis-py from what an operator states.

No retries at any level: a cache that must be asked twice is slower than a miss.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.retry import Retry

Client = Redis | RedisCluster


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where a cache is and how one signs in to it; ElastiCache Serverless is a cluster with TLS."""

    host: str
    port: int = 6379
    cluster: bool = False
    tls: bool = True
    authority: Path | None = None  # what to trust instead of the system's certificates
    credentials: CredentialProvider | None = None
    patience: float = 0.05  # seconds a caller waits
    slowest: float = 2.0  # seconds for a connection or a reply, once nobody waits for it any more
    connections: int = 16  # and as many threads


def connect(address: RedisAddress) -> Client:
    """A client; that of a cluster asks it for its nodes right away."""
    options: dict[str, Any] = {
        "socket_timeout": address.slowest,
        "socket_connect_timeout": address.slowest,
        "protocol": 2,  # 3 brings messages of maintenance, which stretch timeouts to ten seconds
        "driver_info": None,  # saves two round trips a connection
        "credential_provider": address.credentials,
        "ssl": address.tls,
    }
    if address.tls and address.authority:
        options["ssl_ca_certs"] = str(address.authority)
    once = Retry(NoBackoff(), 0)
    if not address.cluster:
        return Redis(address.host, address.port, retry=once, **options)
    return RedisCluster(
        address.host,
        address.port,
        retry=once,
        require_full_coverage=False,  # a node that is gone takes its own keys with it and no others
        dynamic_startup_nodes=False,  # the endpoint's name outlives every node
        **options,
    )
