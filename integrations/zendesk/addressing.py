"""Where the account is: the only host that is ever called, because every call carries its sign-in."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from rag_core.errors import MisconfiguredError

SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Site:
    """An account's address."""

    scheme: str
    netloc: str

    @classmethod
    def of(cls, subdomain: str, url: str = "") -> "Site":
        """`url`: instead of Zendesk's own, for tests. Raises MisconfiguredError."""
        if not url and not SUBDOMAIN.fullmatch(subdomain):
            raise MisconfiguredError(
                "SUPPORTBOT_ZENDESK_SUBDOMAIN is wrong: of https://example.zendesk.com it is the word example"
            )
        parts = urlsplit(url or f"https://{subdomain}.zendesk.com")
        if "." not in parts.netloc:  # zenpy takes it in two parts
            raise MisconfiguredError("SUPPORTBOT_ZENDESK_URL is wrong: its host needs a dot, such as 127.0.0.1")
        return cls(parts.scheme, parts.netloc)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    def own(self, url: str) -> str:
        """As it is called. Raises MisconfiguredError for another host's, which a response or the environment named."""
        parts = urlsplit(url)
        if parts.netloc != self.netloc:
            raise MisconfiguredError("another address than the account's is not called: is ZENPY_FORCE_NETLOC set?")
        return parts._replace(scheme=self.scheme).geturl()  # zenpy says https, whatever is called

    def ticket(self, number: int) -> str:
        """As an agent opens it."""
        return f"{self.url}/agent/tickets/{number}"
