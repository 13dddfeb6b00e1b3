"""A web site on this machine: what its sitemap says is true, and no page is read twice for nothing."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import App
from rag_core.backends.web.fetching import Fetcher, unpacked
from rag_core.backends.web.noting import Note, Notes
from rag_core.backends.web.site import Limits, Site
from rag_core.backends.web.sitemap import read
from rag_core.backends.web.source import WebSource
from rag_core.calling import Patience
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.ingesting import Ingestion
from rag_core.runs import IngestionRun
from tests.fakes.website import Page, Website, website
from tests.making import app
from tests.services.certificate import Certificate

NAME = SourceName("site")
QUICK = Patience(attempts=2, first_wait=0.01, longest_wait=0.02, spare_retries=99.0, failures=99)
LIMITS = Limits(pause=0.0, patience=10.0)
FEBRUARY, MARCH = "2026-02-01T10:00:00Z", "2026-03-01T10:00:00Z"


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as made:
        yield made


@pytest.fixture
def built(tmp_path: Path) -> App:
    return app(tmp_path / "home")


def source(built: App, site: Website, limits: Limits = LIMITS, audience: Audience = Audience.PUBLIC) -> WebSource:
    where, notes = Site(site.url), Notes(built.records, NAME)
    fetcher = Fetcher(where, limits, private=True, patience=QUICK)
    return WebSource(NAME, where, notes, audience, limits=limits, fetcher=fetcher)


def ingest(built: App, site: Website, limits: Limits = LIMITS, *, full: bool = False) -> IngestionRun:
    site.asked.clear()
    with built.writer(NAME) as writer:
        return Ingestion(source(built, site, limits), writer, None, full=full).run()


def found(built: App, text: str) -> list[str]:
    passages = built._index().search(text, None, audience=Audience.PUBLIC, limit=9).passages
    return [passage.chunk.document.id for passage in passages]


class TestWhatChanged:
    def test_a_page_whose_date_is_the_same_is_not_asked_for(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.write("/spf", "SPF is a record.")
        site.lists(("/refunds", FEBRUARY), ("/spf", FEBRUARY))
        assert ingest(built, site).written == 2
        site.write("/spf", "SPF is a paragraph.")
        site.lists(("/refunds", FEBRUARY), ("/spf", MARCH))
        run = ingest(built, site)
        assert (run.written, run.unchanged, site.pages_asked()) == (1, 1, ["/spf"])
        assert found(built, "paragraph") == ["/spf"]

    def test_without_a_date_it_is_asked_whether_it_is_another(self, built: App, site: Website) -> None:
        for path in ("/refunds", "/spf", "/dkim"):
            site.write(path, f"All about {path[1:]}.")
        site.lists("/refunds", "/spf", "/dkim")
        ingest(built, site)
        site.write("/spf", "SPF is a paragraph.")
        run = ingest(built, site)
        assert (run.written, run.unchanged) == (1, 2)
        assert (site.pages_asked(304), site.pages_asked(200)) == (["/refunds", "/dkim"], ["/spf"])

    def test_a_date_that_always_changes_costs_a_question_and_no_reading(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.lists(("/refunds", FEBRUARY))
        ingest(built, site)
        site.lists(("/refunds", MARCH))
        assert (ingest(built, site).unchanged, site.pages_asked(304)) == (1, ["/refunds"])
        assert (ingest(built, site).unchanged, site.pages_asked()) == (1, [])  # that date is known now

    def test_a_site_that_cannot_be_asked_is_read_and_compared(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.", etag=False)
        site.lists("/refunds")
        ingest(built, site)
        assert (ingest(built, site).unchanged, site.pages_asked(200)) == (1, ["/refunds"])

    @pytest.mark.parametrize(("read", "known"), [("2026-02-01", False), ("2026-02-02", False), ("2026-02-03", True)])
    def test_a_mere_day_may_hold_a_second_change(self, read: str, known: bool) -> None:
        assert Note("v", "2026-02-01", read=f"{read}T23:00:00+00:00").is_of("2026-02-01") is known

    @pytest.mark.parametrize(
        ("stated", "known"),
        [
            ("2026-02-01T10:00:00.1234567Z", True),
            ("2026-02-02T01:00:00+14:00", True),  # it was the next day already there
            ("2027-01-01T00:00:00Z", False),
            ("9999-12-31", False),
            ("9999-12-31T23:59:59-12:00", False),
            ("0001-01-01", False),
            ("0001-01-01T00:00:00+14:00", False),
            ("1970-01-01T00:00:00Z", False),
            ("10000-01-01", False),
            ("2026-02-30T10:00:00Z", False),
            ("some day in spring", False),
            ("", False),
        ],
    )
    def test_a_date_that_cannot_be_true_says_nothing(self, stated: str, known: bool) -> None:
        assert Note("v", stated, read="2026-02-01T23:00:00+00:00").is_of(stated) is known

    def test_no_date_keeps_a_site_from_being_read_again(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.lists(("/refunds", "9999-12-31"))
        assert ingest(built, site).written == 1
        assert ingest(built, site).unchanged == 1

    def test_everything_is_read_again_when_asked(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.lists(("/refunds", FEBRUARY))
        ingest(built, site)
        assert (ingest(built, site, full=True).written, site.pages_asked(200)) == (1, ["/refunds"])

    def test_what_was_read_by_a_run_that_died_is_written_by_the_next(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.lists(("/refunds", FEBRUARY))
        died = source(built, site)
        for item in died.items():
            died.read(item)
        died.committed()  # the notes know the page, the index does not
        assert ingest(built, site).written == 1
        assert found(built, "refunds") == ["/refunds"]


def test_a_page_may_say_where_it_stands_on_its_site(built: App, site: Website) -> None:
    link = '<link rel="canonical" href="{}">'
    stating = {"/a": "/help/refunds", "/b": "spf.html", "/c": f"{site.url}/dkim", "/d": "javascript:x"}
    for path, stated in stating.items():
        site.write(path, f"Refunds of {path[1:]}.")
        page = site.pages[path]
        page.body = page.body.replace(b"<head>", b"<head>" + link.format(stated).encode())
    site.lists("/a", "/b", "/c", "/d")
    assert ingest(built, site).written == 4
    passages = built._index().search("refunds", None, audience=Audience.PUBLIC, limit=9).passages
    urls = {each.chunk.document.id: each.chunk.document.url for each in passages}
    stand = {"/a": "/help/refunds", "/b": "/b", "/c": "/dkim", "/d": "/d"}
    assert urls == {path: f"{site.url}{where}" for path, where in stand.items()}


class TestWhatIsGone:
    @pytest.fixture
    def read(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.write("/faxes", "Faxes are sent by hand.")
        site.lists("/refunds", ("/faxes", FEBRUARY))
        ingest(built, site)

    @pytest.mark.usefixtures("read")
    def test_listed_no_more_it_is_removed(self, built: App, site: Website) -> None:
        site.lists("/refunds")
        assert (ingest(built, site).removed, found(built, "faxes")) == (1, [])

    @pytest.mark.usefixtures("read")
    def test_listed_and_not_there_it_is_removed(self, built: App, site: Website) -> None:
        del site.pages["/refunds"]
        assert (ingest(built, site).removed, found(built, "refunds")) == (1, [])

    @pytest.mark.usefixtures("read")
    @pytest.mark.parametrize(
        "page",
        [
            Page(b"", status=404),
            Page(b"Oops", status=500),
            Page(b"", "application/xml"),
            Page(b"<html><body>Please sign in</body></html>"),
            Page(b"<?xml version='1.0'?><urlset><url><loc>http://127.0.0.1/refunds</loc>", "application/xml"),
            Page(b"<urlset></urlset>", "application/xml"),
            Page(gzip.compress(b"<urlset>" + b" " * 9_000 + b"</urlset>")[:-9], "application/gzip"),
            Page(b"", status=302, headers={"Location": "https://elsewhere.example/sitemap.xml"}),
        ],
    )
    def test_a_sitemap_that_is_not_read_well_removes_nothing(self, built: App, site: Website, page: Page) -> None:
        site.pages["/sitemap.xml"] = page
        with pytest.raises((MisconfiguredError, UnavailableError)):
            ingest(built, site)
        assert (found(built, "faxes"), found(built, "refunds")) == (["/faxes"], ["/refunds"])

    @pytest.mark.usefixtures("read")
    def test_one_of_several_sitemaps_away_removes_nothing(self, built: App, site: Website) -> None:
        site.lists("/sitemap-1.xml", "/sitemap-2.xml", index=True)
        site.lists("/refunds", path="/sitemap-1.xml")
        with pytest.raises(MisconfiguredError, match=r"sitemap-2\.xml: it answered 404"):
            ingest(built, site)
        assert found(built, "faxes") == ["/faxes"]

    @pytest.mark.usefixtures("read")
    def test_a_page_that_is_away_for_now_stays(self, built: App, site: Website) -> None:
        site.pages["/refunds"].status = 503
        assert ingest(built, site).removed == 0
        assert found(built, "refunds") == ["/refunds"]


class TestSitemaps:
    def test_an_index_packed_ones_and_whatever_robots_names(self, built: App, site: Website) -> None:
        site.lay("/robots.txt", f"Sitemap: {site.url}/sitemap-index.xml".encode(), "text/plain")
        site.lists("/sitemap-a.xml.gz", "/sitemap-b.xml", index=True, path="/sitemap-index.xml")
        for path in ("/a", "/b"):
            site.write(path, f"The page of {path[1:]}.")
            site.lists(path, path=f"/sitemap-{path[1:]}.xml")
        packed = gzip.compress(site.pages.pop("/sitemap-a.xml").body)
        site.lay("/sitemap-a.xml.gz", packed, "application/gzip", headers={})
        assert set(source(built, site).pages()) == {"/a", "/b"}
        site.pages["/sitemap-a.xml.gz"].body = gzip.compress(packed)  # sent packed, and a packed file
        assert set(source(built, site).pages()) == {"/a", "/b"}

    def test_sitemaps_that_name_each_other_are_read_once(self, built: App, site: Website) -> None:
        site.lists("/sitemap.xml", "/sitemap-b.xml", index=True)
        site.lists("/sitemap.xml", index=True, path="/sitemap-b.xml")
        with pytest.raises(MisconfiguredError, match="lists no page"):
            source(built, site).pages()
        assert site.times("/sitemap.xml") == 1

    def test_pictures_are_no_pages(self) -> None:
        body = (
            b'<urlset xmlns:image="i"><url><image:image><image:loc>https://x/i.png</image:loc></image:image>'
            b"<loc> https://x/a </loc><lastmod>2026-01-01</lastmod></url></urlset>"
        )
        assert [(entry.address, entry.changed) for entry in read(body).entries] == [("https://x/a", "2026-01-01")]

    BOMBS = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><urlset></urlset>',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]><urlset></urlset>',
    )

    @pytest.mark.parametrize("bomb", [*BOMBS, '<?xml version="1.0"?><!DOCTYPE x><urlset/>'.encode("utf-16")])
    def test_entities_are_refused_before_they_are(self, bomb: bytes) -> None:
        with pytest.raises(RejectedError, match="document type"):
            read(bomb)

    @pytest.mark.parametrize(
        "junk", [b"", b"\x00", b"<html/>", b"<urlset>", b'<?xml version="1.0" encoding="no"?><urlset/>']
    )
    def test_what_is_none_is_refused(self, junk: bytes) -> None:
        with pytest.raises(RejectedError):
            read(junk)

    @pytest.mark.parametrize(
        "inner",
        [
            b"<a>" * 2_000_000,
            b"".join(b"<a%d/>" % number for number in range(400_000)),
            b"".join(b"<a a%d=''/>" % number for number in range(400_000)),
            b"".join(b"<a xmlns:a%d='u'/>" % number for number in range(400_000)),
            b"<a " + b" ".join(b"a%d=''" % number for number in range(400_000)) + b"/>",
            b"<!--" + b"x" * 4_000_000 + b"-->",
        ],
        ids=["deep", "tags", "attributes", "prefixes", "one tag", "comment"],
    )
    def test_what_is_made_to_fill_the_memory_is_refused_before_it_does(self, inner: bytes) -> None:
        body = b"<urlset>" + inner + b"</urlset>"
        tracemalloc.start()
        try:
            with pytest.raises(RejectedError, match=r"deep|names|of more than"):
                read(body)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()

    def test_indexes_without_end_are_left_early(self, built: App, site: Website) -> None:
        site.lists(*(f"/sitemap-{number}.xml" for number in range(501)), index=True)
        with pytest.raises(MisconfiguredError, match="more than 500 sitemaps"):
            source(built, site).pages()
        assert [path for path, _ in site.asked] == ["/robots.txt", "/sitemap.xml"]

    def test_a_bomb_of_gzip_is_not_unpacked(self) -> None:
        bomb = gzip.compress(gzip.compress(b"\0" * 200_000_000))
        started = time.process_time()
        with pytest.raises(RejectedError, match="larger than 1 MB"):
            unpacked(bomb, 1_000_000)
        assert time.process_time() - started < 2


class TestManners:
    def test_what_robots_forbids_is_not_read_and_no_more_known(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.")
        site.write("/drafts/plan", "A plan nobody should see.")
        site.lists("/refunds", "/drafts/plan")
        ingest(built, site)
        site.lay("/robots.txt", b"User-agent: *\nDisallow: /drafts/", "text/plain")
        assert (ingest(built, site).removed, found(built, "plan")) == (1, [])
        assert "/drafts/plan" not in site.pages_asked()

    def test_nor_is_what_a_page_redirects_to(self, built: App, site: Website) -> None:
        site.lay("/robots.txt", b"User-agent: supportbot\nDisallow: /drafts/", "text/plain")
        site.write("/drafts/plan", "A plan nobody should see.")
        site.lay("/plan", b"", status=302, headers={"Location": "/drafts/plan"})
        site.lists("/plan")
        with pytest.raises(RejectedError, match="robots"):
            read_first(source(built, site))
        assert "/drafts/plan" not in site.pages_asked()

    def test_robots_away_stops_the_run(self, built: App, site: Website) -> None:
        site.lay("/robots.txt", b"", status=503)
        site.lists("/refunds")
        with pytest.raises(UnavailableError, match="503"):
            ingest(built, site)
        assert site.pages_asked() == []

    def test_a_robots_that_is_too_large_stops_the_run_and_is_not_read_to_its_end(
        self, built: App, site: Website
    ) -> None:
        site.lay("/robots.txt", b"# " + b"x" * 100_000_000, "text/plain")
        with pytest.raises(MisconfiguredError, match=r"larger than 0\.512 MB"):
            ingest(built, site)

    def test_busy_for_ever_it_is_asked_another_day(self, built: App, site: Website) -> None:
        site.lay("/robots.txt", b"", status=503, headers={"Retry-After": "9" * 400})
        with pytest.raises(UnavailableError) as busy:
            ingest(built, site)
        assert busy.value.retry_after == 86_400

    def test_an_etag_that_is_too_long_is_not_kept(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.", etag=False, headers={"ETag": '"' + "x" * 60_000 + '"'})
        site.lists("/refunds")
        ingest(built, site)
        note = Notes(built.records, NAME).get("/refunds")
        assert note is not None
        assert note.headers == {}

    def test_one_request_at_a_time_and_as_slowly_as_asked(self, built: App, site: Website) -> None:
        site.takes = 0.02
        site.lay("/robots.txt", b"User-agent: *\nCrawl-delay: 7", "text/plain")
        for number in range(5):
            site.write(f"/{number}", "A page.")
        site.lists(*(f"/{number}" for number in range(5)))
        slept = list[float]()
        where = Site(site.url)
        fetcher = Fetcher(where, replace(LIMITS, pause=2.0), private=True, clock=lambda: sum(slept), sleep=slept.append)
        crawler = WebSource(NAME, where, Notes(built.records, NAME), limits=LIMITS, fetcher=fetcher)
        for item in crawler.items():
            crawler.read(item)
        assert slept == [2.0, *[7.0] * 5]  # robots.txt itself was the first request
        assert (site.at_once, {each["user-agent"] for each in site.headers}) == (1, {"supportbot"})

    def test_busy_it_is_asked_later(self, built: App, site: Website) -> None:
        site.write("/refunds", "Refunds take thirty days.", status=429, times=1, headers={"Retry-After": "0"})
        site.lists("/refunds")
        assert ingest(built, site).written == 1


class TestOnePageAlone:
    @pytest.mark.parametrize(
        ("page", "reason"),
        [
            (Page(b"%PDF-1.7", "application/pdf"), "only HTML"),
            (Page(b"x", "application/octet-stream"), "only HTML"),
            (Page(b"", status=401), "sign in"),
            (Page(b"", status=404), "gone"),
            (Page(b"", status=500), "next ingestion tries again"),
            (Page(b"", status=302, headers={"Location": "/there"}), "redirects more than"),
            (Page(b"", status=302, headers={"Location": "https://elsewhere.example/x"}), "not on http"),
            (Page(b"x", headers={"Content-Encoding": "br"}), "packed as br"),
            (Page(b"x" * 5_000_001), "larger than 5 MB"),
            (Page(gzip.compress(b"x" * 9_000_000), headers={"Content-Encoding": "gzip"}), "larger than 5 MB"),
        ],
    )
    def test_fails_with_its_reason(self, built: App, site: Website, page: Page, reason: str) -> None:
        site.pages["/there"] = page
        site.write("/refunds", "Refunds take thirty days.")
        site.lists("/there", "/refunds")
        run = ingest(built, site)
        assert (run.written, [failure.document for failure in run.failures]) == (1, ["/there"])
        assert reason in run.failures[0].reason

    def test_a_redirect_within_the_host_is_followed(self, built: App, site: Website) -> None:
        site.lay("/old", b"", status=301, headers={"Location": "new?x=1#part"})
        site.write("/new?x=1", "Refunds take thirty days.")
        site.lists("/old")
        ingest(built, site)
        assert found(built, "refunds") == ["/old"]

    def test_a_site_that_goes_away_stops_the_run(self, built: App, site: Website) -> None:
        for number in range(20):
            site.write(f"/{number}", "A page.", status=503 if number > 2 else 200)
        site.lists(*(f"/{number}" for number in range(20)))
        with pytest.raises(UnavailableError, match="503"):
            ingest(built, site)
        assert len(set(site.pages_asked())) == 8

    def test_a_page_that_drips_is_left_alone(self, built: App) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def drip() -> None:
                plain, _ = listener.accept()
                with plain, suppress(OSError):
                    plain.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not left.wait(0.05):
                        plain.sendall(b"X: y\r\n")

            left = threading.Event()
            dripping = threading.Thread(target=drip, daemon=True)
            dripping.start()
            where = Site(f"http://127.0.0.1:{listener.getsockname()[1]}")
            limits = replace(LIMITS, patience=0.5)
            started = time.monotonic()
            with pytest.raises(UnavailableError, match="took too long"):
                Fetcher(where, limits, private=True, patience=Patience(attempts=1)).get("/", most=1000)
            assert time.monotonic() - started < 10
            left.set()
            dripping.join()


class TestLimits:
    def test_more_pages_than_allowed_stop_the_run_rather_than_lose_some(self, built: App, site: Website) -> None:
        site.lists(*(f"/{number}" for number in range(11)))
        with pytest.raises(MisconfiguredError, match="more than 10 pages: allow more `pages`"):
            source(built, site, replace(LIMITS, pages=10)).pages()

    def test_time_is_bounded(self, built: App, site: Website) -> None:
        site.lists(*(f"/{number}" for number in range(11)))
        with pytest.raises(MisconfiguredError, match="allow more `minutes`"):
            ingest(built, site, replace(LIMITS, pause=30.0, seconds=20.0))
        assert len(site.asked) == 1

    def test_only_a_part_of_the_site(self, built: App, site: Website) -> None:
        whole = ["/docs", "/docs/a", "/docs/a/b?x=/../y", "/docsx", "/blog", "/docs/../blog", "/docs/%2e%2e/blog"]
        site.lists(*whole, "https://elsewhere.example/docs/a", path="/sitemap.xml")
        part = Site(site.url + "/docs/")
        fetcher = Fetcher(part, LIMITS, private=True)
        listed = WebSource(NAME, part, Notes(built.records, NAME), fetcher=fetcher).pages()
        assert list(listed) == ["/docs", "/docs/a", "/docs/a/b?x=/../y"]

    def test_a_private_site_is_not_read(self, site: Website) -> None:
        where = Site(site.url)
        with pytest.raises(MisconfiguredError, match="not public"):
            Fetcher(where, LIMITS).get("/robots.txt", most=1000)
        assert site.asked == []


class TestTls:
    def test_a_site_is_read_whose_certificate_is_its_own(self, tls: Certificate) -> None:
        with website(tls) as site:
            site.write("/refunds", "Refunds take thirty days.")
            where, trusting = Site(site.url), ssl.create_default_context(cafile=str(tls.authority))
            fetcher = Fetcher(where, LIMITS, private=True, context=trusting, patience=QUICK)
            assert b"thirty days" in fetcher.get("/refunds", most=10_000).body
            with pytest.raises(UnavailableError, match="SSL"):
                Fetcher(where, LIMITS, private=True, patience=QUICK).get("/refunds", most=10_000)
            assert site.pages_asked() == ["/refunds"]


class TestNotes:
    def test_they_outlive_what_is_lost_of_them(self, built: App) -> None:
        notes = Notes(built.records, NAME)
        now = datetime(2026, 2, 1, tzinfo=UTC).timestamp()
        for number in range(5_000):
            notes.put(f"/{number}", Note(f"{number:024x}", etag=f'"{number**7:x}"'), now)
        notes.write()
        again = Notes(built.records, NAME)
        assert again.get("/4711") == Note(f"{4711:024x}", etag=f'"{4711**7:x}"', read="2026-02-01T00:00:00+00:00")
        part = next(name for name, _ in built.records.list(f"web:{NAME}") if name != "head")
        built.records.remove(f"web:{NAME}", part)
        assert Notes(built.records, NAME).get("/4711") is None
        again.forget()
        assert built.records.list(f"web:{NAME}") == []


def read_first(crawler: WebSource) -> bytes:
    return crawler.read(next(iter(crawler.items())))[0]
