"""Where a link may lead: a cited page, an address that stands in the cited passages, a host the operator allows.

The whole address has to be known, not its host: what is appended to a known address may carry data out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rag_core.errors import MisconfiguredError
from rag_core.guarding.pieces import lazily
from rag_core.guarding.showing import Shown

_NAME = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,64}"
_COMMON = (
    "com|net|org|info|biz|edu|gov|mil|int|pro|name|app|dev|xyz|online|site|website|tech|store|shop|club|live|link|page"
    "|pages|click|icu|cloud|zip|mov|top|vip|work|world|today|space|fun|blog|wiki|email|news|host|press|support|help"
    "|systems|solutions|digital|network|security|academy|agency|center|services|software|team|tools|run|bio|aero|asia"
    "|coop|jobs|mobi|museum|travel|xxx|arpa|onion|рф|xn--[a-z0-9-]{2,59}"
)
# two letters are a country; in one case, as "done.It" lacks a space; endings of files are none
_COUNTRY = r"(?-i:(?!(?:cc|cs|db|go|gz|hs|js|jl|kt|md|ml|mm|pl|ps|py|rb|rs|sh|so|ts|vb|xz)\b)[a-z]{2}|[A-Z]{2})"
_END = r"(?![^\W_])"
_SCHEMES = (
    r"javascript|vbscript|livescript|mailto|tel|sms|callto|facetime|skype|sip|xmpp|magnet|intent|blob|view-source"
)


def _finder(rest: str) -> Callable[[], re.Pattern[str]]:
    """Leftmost first; each alternative begins where a run of its characters does, so that no run is read twice."""
    # a scheme's letters are looked for behind the colon: "ht*tps://" and "%68ttps://" are caught by what is left
    return lazily(
        rf"(?P<email>(?<![\w.+%-])[\w.+%-]{{1,256}}@{_NAME}[^\W\d_]{{2,24}}{_END})"
        rf"|(?P<scheme>(?<![a-z0-9+.-])[a-z0-9+.-]{{0,256}}:[/\\]{{2,}}[^\s<>\"`|/\\?#]*{rest})"
        rf"|(?P<other>(?<![a-z])(?:(?:{_SCHEMES}):(?=[^\s,;.])|data:(?=[a-z]+/[a-z]|[,;]\S)){rest})"
        rf"|(?P<relative>(?<![/:\\])[/\\]{{2,}}(?=[^\s/\\]*[^\W_]\.[^\W_])[^\s<>\"`|/\\?#]+{rest})"
        rf"|(?P<www>(?<!\w)(?<!\w[.-])www\d?\.[^\W_][^\s<>\"`|/\\?#]*{rest})"
        rf"|(?P<path>(?<!\w)(?<!\w[.-]){_NAME}(?:{_COMMON}|[a-z]{{2}})(?::\d{{1,5}}(?!\d)|(?=[/\\?#][^\s\\])){rest})"
        rf"|(?P<name>(?<!\w)(?<!\w[.-]){_NAME}(?:{_COMMON}|{_COUNTRY}){_END})",
        re.IGNORECASE,
    )


_PROSE = _finder(r"[!#-;=?-_a-{}~]*")  # what any client takes into a link: printable ASCII without <>"`|
_CODE = _finder(r"[!#-&(-;=?-_a-{}~]*")  # nothing links there: a quotation mark ends an address
_TRAILING = frozenset(".,;:!?'\")]}>*_~\\&")
_SIGN = re.compile(r"[.@:/\\]")  # without one there is no address
_SIGNS = 40  # that may follow an address
_ORIGIN = lazily(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
_HTTP = lazily(r"https?://([a-z0-9.-]+(?::\d+)?)(?:[/?#][!#-;=?-\[\]_a-z{}~]*)?", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HOST = lazily(r"(?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one answer may name: the addresses it cites, the texts of the passages it stands on."""

    urls: frozenset[str] = frozenset()
    passages: tuple[str, ...] = ()


def hosts(names: Iterable[str]) -> frozenset[str]:
    """The operator's hosts: "help.example.com", "*.example.com", "localhost:8080". Raises MisconfiguredError."""
    for name in names:
        if not _HOST().fullmatch(name):
            raise MisconfiguredError(f"'{name}' is no host to link to: give a name such as help.example.com")
    return frozenset(names)


def addresses(text: str, *, code: bool) -> Iterator[re.Match[str]]:
    """What a client may turn into a link, or a person copy; the group that matched says of which kind."""
    return (_CODE() if code else _PROSE()).finditer(text) if _SIGN.search(text) else iter(())


def trimmed(address: str) -> Iterator[str]:
    """The address, then without each sign behind it that may belong to the sentence."""
    yield address
    for _ in range(_SIGNS):
        if len(address) < 2 or (address[-1].isascii() and address[-1] not in _TRAILING):
            return
        address = address[:-1]
        yield address


def visible(text: str) -> str:
    """The text as Markdown shows it: entities and escapes resolved."""
    if "&" in text:
        import html

        text = html.unescape(text)
    return _ESCAPED.sub(r"\1", text)


class Known:
    """The addresses one answer may name; they only grow."""

    def __init__(self, allowed_hosts: frozenset[str], is_secret: Callable[[str], bool], shown: Shown) -> None:
        self._hosts, self._addresses, self._is_secret = allowed_hosts, set[str](), is_secret
        self._shown, self._urls = shown, set[str]()
        self._asked, self._read = set[str](), set[str]()

    def learn(self, urls: frozenset[str]) -> None:
        """Take in what is cited, and forget what the passages were asked: there may be more of them."""
        for url in urls - self._urls:
            self._addresses |= {_normal(url), _normal(url.partition("#")[0])}
        self._urls |= urls
        self._asked.clear()

    def leads(self, url: str) -> bool:
        """Whether a link may lead there."""
        self._look(url)
        return self._leads(url)

    def prefix(self, address: str) -> str | None:
        """The address a link may lead to, without the sentence's signs behind it; None where there is none."""
        variants = list(trimmed(address))
        self._look(variants[-1])  # where the shortest stands, the others do
        return next((url for url in variants if self._leads(url)), None)

    def _leads(self, url: str) -> bool:
        return (_normal(url) in self._addresses or self._hosted(url)) and not self._is_secret(url)

    def _look(self, url: str) -> None:
        """Take in every address of the passages that could be this one."""
        part = _normal(url).partition("&")[0]  # the passage may write it "&amp;"
        if not part or part in self._asked:
            return
        self._asked.add(part)
        for run in self._shown.runs(part):
            if run not in self._read:
                self._read.add(run)
                for found in (*addresses(run, code=False), *addresses(run, code=True)):
                    self._addresses.update(map(_normal, trimmed(found.group())))

    def _hosted(self, url: str) -> bool:
        found = _HTTP().fullmatch(url if "://" in url else f"https://{url}")
        if not found:
            return False
        host = found[1].lower()
        parents = (host[place:] for place, letter in enumerate(host) if letter == ".")
        return host in self._hosts or any(f"*{parent}" in self._hosts for parent in parents)


def _normal(url: str) -> str:
    """Scheme and host in one case; one slash at the end more or less is the same page and carries nothing."""
    url = _ORIGIN().sub(lambda origin: origin[0].lower(), url, count=1).replace("&amp;", "&")
    return url[:-1] if url.endswith("/") and not url.endswith("//") else url
