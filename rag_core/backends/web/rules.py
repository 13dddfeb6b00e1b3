"""What a site's robots.txt asks of us: https://www.rfc-editor.org/rfc/rfc9309.html.

None there: all may be read. One that cannot be read now: nothing may, until it can.
"""

from protego import Protego

from rag_core.backends.web.fetching import AGENT, Fetcher
from rag_core.backends.web.site import Site
from rag_core.errors import MisconfiguredError, RejectedError

LARGEST = 512_000  # bytes: a crawler reads at least 500 KiB of it
PATH = "/robots.txt"
MISSING = range(400, 500)


class Rules:
    """Of one site."""

    def __init__(self, site: Site, text: str) -> None:
        self._site, self._rules = site, Protego.parse(text)

    def allow(self, path: str) -> bool:
        return bool(self._rules.can_fetch(self._site.address(path), AGENT))

    @property
    def pause(self) -> float:
        """Seconds between two requests that it asks for."""
        return float(self._rules.crawl_delay(AGENT) or 0.0)

    @property
    def sitemaps(self) -> list[str]:
        return [str(each) for each in self._rules.sitemaps]


def asked(site: Site, fetcher: Fetcher) -> Rules:
    """Raises MisconfiguredError, UnavailableError."""
    try:
        response = fetcher.get(PATH, most=LARGEST)
    except RejectedError as error:
        raise MisconfiguredError(
            f"{site.address(PATH)}: {error}: nothing is read without it; where it leads elsewhere, name that site"
        ) from error
    if response.status in MISSING:
        return Rules(site, "")
    if response.status != 200:
        raise MisconfiguredError(f"{site.address(PATH)} answered {response.status}: nothing is read without it")
    return Rules(site, response.body.decode(errors="replace"))
