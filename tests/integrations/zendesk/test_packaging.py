"""The app's package: the same bytes each time, and nothing that Zendesk would not take."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import cli
from integrations.zendesk.packaging import FOLDER, Sidebar
from rag_core.errors import MisconfiguredError

HOST = "api.acme.example"
Break = Callable[[Path], object]


def test_it_is_what_zendesk_takes_filled_in_for_one_api() -> None:
    archive = zipfile.ZipFile(io.BytesIO(Sidebar.of(f"https://{HOST}/prod/").build().content))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["domainWhitelist"] == [HOST]
    assert b'name="supportbot-api" content="https://api.acme.example/prod"' in archive.read("assets/iframe.html")
    assert {"assets/logo.png", "assets/logo-small.png", "translations/en.json"} <= set(archive.namelist())


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(FOLDER, tmp_path / "copied"))
    for path in copied.rglob("*"):
        path.touch()
    assert Sidebar.of(HOST).build(copied).content == Sidebar.of(f"https://{HOST}/").build().content
    assert Sidebar.of("other.example").build().sha256 != Sidebar.of(HOST).build().sha256


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost", "http://api.acme.example", "api.acme.example:8443", "https://user@api.acme.example"),
        *("https://api.acme.example/a?b", "https://api.acme.example/a#b", 'api.acme.example/"><script>', "-a.example"),
        *("10.0.0.1", "https://[::1]", "ａｐｉ.example", "api acme.example", "a" * 250 + ".example"),
    ],
)
def test_an_address_that_zendesk_cannot_call_is_refused(address: str) -> None:
    with pytest.raises(MisconfiguredError, match="the API's address is wrong"):
        Sidebar.of(address)


def manifest(change: Callable[[dict[str, Any]], object]) -> Break:
    def edit(folder: Path) -> None:
        found = json.loads((folder / "manifest.json").read_text())
        change(found)
        (folder / "manifest.json").write_text(json.dumps(found))

    return edit


def parameter(**changes: Any) -> Break:
    return manifest(lambda found: found["parameters"][0].update(changes))


def replaced(name: str, old: str, new: str) -> Break:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return edit


def appended(name: str, text: str) -> Break:
    return lambda folder: (folder / name).write_text((folder / name).read_text() + text)


def written(name: str, content: bytes) -> Break:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return write


PAGE = "assets/iframe.html"
BROKEN: dict[str, tuple[Break, str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json: it is missing"),
    "not JSON": (written("manifest.json", b"{"), "it is not JSON"),
    "no object": (written("manifest.json", b"[]"), "it is no object"),
    "a key twice": (replaced("manifest.json", '"version"', '"name": "x", "version"'), "stands twice"),
    "no author": (manifest(lambda found: found.pop("author")), "author is missing"),
    "no locale": (manifest(lambda found: found.pop("defaultLocale")), "defaultLocale is missing"),
    "another locale": (manifest(lambda found: found.update(defaultLocale="de")), "no translation for defaultLocale"),
    "version 1": (manifest(lambda found: found.update(frameworkVersion="1.0")), "frameworkVersion is 2.0"),
    "for the marketplace": (manifest(lambda found: found.update(private=False)), "private is true"),
    "another host": (manifest(lambda found: found["domainWhitelist"].append("evil.example")), "domainWhitelist"),
    "another place": (manifest(lambda found: found["location"]["support"].update(background="x")), "ticket_sidebar"),
    "no such page": (replaced("manifest.json", "assets/iframe.html", "assets/other.html"), "a page among the assets"),
    "a page elsewhere": (replaced("manifest.json", "assets/iframe.html", "https://x.example/"), "among the assets"),
    "not flexible": (replaced("manifest.json", "true } }", '"yes" } }'), "flexible is true or false"),
    "no parameters": (manifest(lambda found: found.pop("parameters")), "parameters is a list"),
    "a name twice": (manifest(lambda found: found["parameters"].append(found["parameters"][0])), "a name of its own"),
    "named name": (parameter(name="name"), "which is not name"),
    "a password": (parameter(type="password"), "which there is not (any more)"),
    "not secure": (parameter(secure=False), "is secure"),
    "for any use": (parameter(scopes=["jwt_secret_key", "header"]), "with the scope jwt_secret_key"),
    "a default": (parameter(default="x" * 32), "without a default"),
    "a locale that is none": (written("translations/english.json", b"{}"), "it is a locale's"),
    "no label": (replaced("translations/en.json", '"label"', '"lable"'), "shared_secret has no label"),
    "no name": (replaced("translations/en.json", '"name"', '"nmae"'), "app.name is missing"),
    "a logo that is none": (written("assets/logo.png", b"<svg/>"), "a PNG of 320 by 320"),
    "a logo of another size": (
        lambda folder: shutil.copy(folder / "assets/logo.png", folder / "assets/logo-small.png"),
        "assets/logo-small.png: it is a PNG of 128 by 128",
    ),
    "an inline script": (appended(PAGE, "<script>x()</script>"), "or the SDK: inline"),
    "a script of others": (appended(PAGE, '<script src="https://cdn.example/x.js"></script>'), "cdn.example"),
    "a handler": (appended(PAGE, '<p onclick="x()">'), "has the attribute onclick"),
    "a style": (appended(PAGE, '<p style="color: red">'), "has the attribute style"),
    "a weaker policy": (replaced(PAGE, "script-src 'self' ", "script-src 'self' 'unsafe-inline' "), "its policy lacks"),
    "no policy": (replaced(PAGE, "Content-Security-Policy", "x"), "its policy lacks default-src 'none'"),
    "eval": (appended("assets/api.js", 'eval("1")'), "assets/api.js: eval"),
    "a function of text": (appended("assets/api.js", 'new Function("1")'), "assets/api.js: eval"),
    "a timer of text": (appended("assets/api.js", 'setTimeout("x()", 1)'), "assets/api.js: eval"),
    "innerHTML": (appended("assets/card.js", "made.innerHTML = text;"), "HTML made of text"),
    "insertAdjacentHTML": (appended("assets/card.js", "made.insertAdjacentHTML('x', y)"), "HTML made of text"),
    "http": (appended("assets/api.js", "// http://api.example"), "an address without https"),
    "a file of no use": (written("assets/old.js", b"1"), "assets/old.js: nothing refers to it"),
    "a file of another kind": (written("assets/x.zip", b"PK"), "assets/x.zip: a file of its kind"),
    "not filled in": (written("assets/api.js", b"API_URL"), "not filled in everywhere"),
    "too large": (written("assets/api.js", b"/" * 1_100_000), "more than 1,000,000 bytes"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_zendesk_or_we_would_not_take_is_named(tmp_path: Path, fault: str) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "app"))
    break_it, said = BROKEN[fault]
    break_it(folder)
    with pytest.raises(MisconfiguredError) as refused:
        Sidebar.of(HOST).build(folder)
    assert said in str(refused.value)


def test_the_command_writes_the_package_and_says_what_comes_next(tmp_path: Path) -> None:
    file = tmp_path / "out" / "sidebar.zip"
    run = CliRunner(env={"SUPPORTBOT_PUBLIC_URL": f"https://{HOST}"})
    done = run.invoke(cli, ["zendesk", "app", "build", "--output", str(file)], catch_exceptions=False)
    assert done.exit_code == 0
    assert file.read_bytes() == Sidebar.of(HOST).build().content
    assert HOST in done.output
    assert "Upload private app" in done.output


def test_the_command_needs_an_address(tmp_path: Path) -> None:
    run = CliRunner(env={"SUPPORTBOT_PUBLIC_URL": ""})
    done = run.invoke(cli, ["zendesk", "app", "build", "--output", str(tmp_path / "x.zip")])
    assert isinstance(done.exception, MisconfiguredError)
    assert "--api-host" in str(done.exception)
    assert not (tmp_path / "x.zip").exists()
