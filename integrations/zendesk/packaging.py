"""The sidebar app as a zip that Zendesk takes: the files of sidebar/, filled in with the address of the bot's API.

Checked before it is written, so that what is wrong is said here and not by an upload. The same files and address give
the same bytes: nothing is compressed, which every zlib does in its own way.
"""

import re
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from integrations.zendesk.validating import problems
from rag_core.errors import MisconfiguredError

FOLDER = Path(__file__).with_name("sidebar")
HOST, URL = b"API_HOST", b"API_URL"  # in the files; nothing else is filled in
FILLED = ("manifest.json", "assets/iframe.html")
NAME = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
PATH = re.compile(r"(?:/[\w.~-]+)*/?", re.ASCII)
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # that a zip can tell
READABLE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that was built."""

    content: bytes
    host: str

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Sidebar:
    """The app for one API."""

    host: str
    path: str = ""  # before the API's own, such as a stage's /prod

    @classmethod
    def of(cls, address: str) -> "Sidebar":
        """A host, or a URL. Raises MisconfiguredError."""
        stated = address.strip()
        parts = urlsplit(stated if "://" in stated else f"https://{stated}")
        host = (parts.hostname or "").lower()
        fits = parts.scheme == "https" and parts.netloc.lower() == host and NAME.fullmatch(host)
        if not fits or not PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise MisconfiguredError(
                "the API's address is wrong: it reads api.example.com or https://api.example.com/prod; Zendesk calls "
                "it by https, at the usual port"
            )
        return cls(host, parts.path.rstrip("/"))

    @property
    def url(self) -> str:
        """Where the app calls it."""
        return f"https://{self.host}{self.path}"

    def files(self, folder: Path = FOLDER) -> dict[str, bytes]:
        """By their path in the package."""
        found = {}
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name, content = path.relative_to(folder).as_posix(), path.read_bytes()
            if name in FILLED:
                content = content.replace(URL, self.url.encode())
                content = content.replace(HOST, self.host.encode())
            found[name] = content
        return found

    def build(self, folder: Path = FOLDER) -> Package:
        """Raises MisconfiguredError, which names everything that Zendesk would not take."""
        files = self.files(folder)
        if wrong := problems(files, self.host):
            raise MisconfiguredError("the sidebar app is not one that Zendesk takes:\n" + "\n".join(wrong))
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, FIRST_DATE)
                entry.external_attr, entry.create_system, entry.compress_type = READABLE, 3, zipfile.ZIP_STORED
                archive.writestr(entry, content)
        return Package(packed.getvalue(), self.host)
