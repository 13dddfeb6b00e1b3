"""Real Redis: one server, and a cluster of three as ElastiCache Serverless is one (cluster mode and TLS).

Nothing is written to disk, so a server that was killed comes back empty.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.services.certificate import Certificate
from tests.services.lacking import program
from tests.services.ports import free_port
from tests.services.processes import FailedToStartError, Process, environment

NODES = 3
QUIET = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--logfile", "", "--daemonize", "no"]
CLUSTER = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "1000"]


@dataclass
class Server:
    """One redis-server; `pause` makes it slow beyond any timeout, `kill` makes it gone, `restart` brings it back."""

    home: Path
    certificate: Certificate | None = None
    options: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.home.mkdir(exist_ok=True)
        self.start()

    @property
    def url(self) -> str:
        return f"rediss://127.0.0.1:{self.port}" if self.certificate else f"redis://127.0.0.1:{self.port}"

    @property
    def socket(self) -> Path:
        return self.home / "redis.sock"

    @property
    def authority(self) -> Path | None:
        """What a client of a `rediss://` url must trust (`ssl_ca_certs`)."""
        return self.certificate.authority if self.certificate else None

    def start(self) -> None:
        ports = ["--port", "0", "--tls-port", str(self.port)] if self.certificate else ["--port", str(self.port)]
        files = ["--dir", str(self.home), "--unixsocket", str(self.socket)]
        secured = self.certificate.options if self.certificate else []
        command = [program("redis-server", "redis-server"), *QUIET, *ports, *files, *secured, *self.options]
        self.process = Process(command, self.home / "redis.log", environment())
        self.process.until(self.answers, seconds=20)

    def answers(self) -> bool:
        try:
            with Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def pause(self) -> None:
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        """Up again on the same port, empty."""
        self.process.stop()
        self.start()

    def heal(self) -> None:
        """As new for the next test, whatever the last one did to it."""
        if self.process.runs:
            self.resume()
        else:
            self.start()
        with Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()


@dataclass(frozen=True)
class Cluster:
    """Three masters without replicas: with one of them gone a third of the keys is gone, and soon the cluster."""

    nodes: Sequence[Server]

    @property
    def url(self) -> str:
        return self.nodes[0].url

    @property
    def authority(self) -> Path | None:
        return self.nodes[0].authority

    def heal(self) -> None:
        for node in self.nodes:
            node.heal()
        for node in self.nodes:
            node.process.until(lambda node=node: self._knows_all(node), seconds=20)  # type: ignore[misc]

    @staticmethod
    def _knows_all(node: Server) -> bool:
        with Redis(unix_socket_path=str(node.socket), socket_timeout=5, decode_responses=True) as client:
            told = str(client.execute_command("CLUSTER", "INFO")).split()
        return {"cluster_state:ok", f"cluster_known_nodes:{NODES}"} <= set(told)


@contextmanager
def server(home: Path, certificate: Certificate | None = None, options: Sequence[str] = ()) -> Iterator[Server]:
    started = Server(home, certificate, options)
    try:
        yield started
    finally:
        started.process.stop()


@contextmanager
def cluster(home: Path, certificate: Certificate | None = None) -> Iterator[Cluster]:
    with ExitStack() as stack:
        nodes = [stack.enter_context(_member(home / str(number), certificate)) for number in range(NODES)]
        _join(nodes, certificate)
        made = Cluster(nodes)
        made.heal()
        yield made


@contextmanager
def _member(home: Path, certificate: Certificate | None) -> Iterator[Server]:
    secured = ["--tls-cluster", "yes", "--tls-replication", "yes"] if certificate else []
    with server(home, certificate, [*CLUSTER, "--cluster-port", str(free_port()), *secured]) as started:
        yield started


def _join(nodes: Sequence[Server], certificate: Certificate | None) -> None:
    addresses = [f"127.0.0.1:{node.port}" for node in nodes]
    secured = ["--tls", "--cacert", str(certificate.authority)] if certificate else []
    command = [program("redis-cli", "redis-tools"), *secured, "--cluster", "create", *addresses, "--cluster-yes"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise FailedToStartError(f"redis-cli could not make the cluster:\n{done.stdout}{done.stderr}")
