"""A certificate for 127.0.0.1, signed by itself, good for a day."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.lacking import program

SUBJECT = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]


@dataclass(frozen=True)
class Certificate:
    authority: Path
    key: Path

    @property
    def options(self) -> list[str]:
        """For redis-server; clients need no certificate of their own."""
        files = ["--tls-cert-file", self.authority, "--tls-key-file", self.key, "--tls-ca-cert-file", self.authority]
        return [*map(str, files), "--tls-auth-clients", "no"]


def certificate(home: Path) -> Certificate:
    made = Certificate(home / "cert.pem", home / "key.pem")
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    files = ["-keyout", str(made.key), "-out", str(made.authority)]
    command = [program("openssl", "openssl"), "req", *kind, *SUBJECT, *files]
    subprocess.run(command, check=True, capture_output=True)
    return made
