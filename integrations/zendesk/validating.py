"""What Zendesk's framework asks of an app's package, and what we ask of ours beyond it.

The framework's rules as https://github.com/zendesk/zendesk_apps_support has them. Ours: no script that is not in the
package but the SDK, nothing that makes HTML of text, and a secret that is good for signing alone.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from bs4 import BeautifulSoup

SDK = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
}
LOGOS = {"assets/logo.png": 320, "assets/logo-small.png": 128}  # pixels
TYPES = {"text", "checkbox", "url", "number", "multiline", "hidden", "oauth"}
LOCALE = re.compile(r"[a-z]{2,3}(-\w{2,3})?")
SECRET, SCOPES = "shared_secret", ["jwt_secret_key"]
LARGEST = 1_000_000  # bytes of all files
BANNED = {
    "eval": re.compile(r"\beval\s*\(|new\s+Function\b|set(?:Timeout|Interval)\s*\(\s*[\"'`]"),
    "HTML made of text": re.compile(
        r"\.(?:innerHTML|outerHTML|srcdoc)\s*=(?!=)|insertAdjacentHTML|document\.write|createContextualFragment"
    ),
    "an address without https": re.compile(r"http://(?!www\.w3\.org/)"),
}
POLICY = ("default-src 'none'", "script-src 'self' https://static.zdassets.com;", "base-uri 'none'")

Files = Mapping[str, bytes]


def problems(files: Files, host: str) -> list[str]:
    """A line each; none where Zendesk takes it."""
    return [*_manifest(files, host), *_translations(files), *_logos(files), *_pages(files), *_code(files), *_all(files)]


def _manifest(files: Files, host: str) -> Iterator[str]:
    manifest, wrong = _object(files, "manifest.json")
    if manifest is None:
        yield wrong
        return
    for name in ("author", "defaultLocale"):
        if not manifest.get(name):
            yield f"manifest.json: {name} is missing"
    if manifest.get("frameworkVersion") != "2.0":
        yield "manifest.json: frameworkVersion is 2.0"
    if manifest.get("private") is not True:
        yield "manifest.json: private is true: this app is one account's own"
    if f"translations/{manifest.get('defaultLocale')}.json" not in files:
        yield "manifest.json: there is no translation for defaultLocale"
    if manifest.get("domainWhitelist") != [host]:
        yield f"manifest.json: domainWhitelist names {host}, and no other host"
    yield from _location(manifest, files)
    yield from _parameters(manifest.get("parameters"))


def _location(manifest: Mapping[str, Any], files: Files) -> Iterator[str]:
    location = manifest.get("location")
    if not isinstance(location, dict) or set(location) != {"support"} or set(location["support"]) != {"ticket_sidebar"}:
        yield "manifest.json: location is support's ticket_sidebar"
        return
    sidebar = location["support"]["ticket_sidebar"]
    url = sidebar.get("url") if isinstance(sidebar, dict) else None
    if not isinstance(url, str) or not url.startswith("assets/") or url not in files:
        yield "manifest.json: the location's url is a page among the assets"
    elif not isinstance(sidebar.get("flexible", True), bool):
        yield "manifest.json: flexible is true or false"


def _parameters(found: Any) -> Iterator[str]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        yield "manifest.json: parameters is a list of objects"
        return
    names = [each.get("name") for each in found]
    if len(set(names)) < len(names) or "name" in names or not all(names):
        yield "manifest.json: every parameter has a name of its own, which is not name"
    for each in found:
        if each.get("type", "text") not in TYPES:
            yield f"manifest.json: {each.get('name')} is of the type {each.get('type')}, which there is not (any more)"
    secret: dict[str, Any] = next((each for each in found if each.get("name") == SECRET), {})
    if secret.get("secure") is not True or secret.get("scopes") != SCOPES or "default" in secret:
        yield f"manifest.json: {SECRET} is secure, with the scope {SCOPES[0]} and without a default"


def _translations(files: Files) -> Iterator[str]:
    manifest, _ = _object(files, "manifest.json")
    named = {str(each.get("name")) for each in (manifest or {}).get("parameters", []) if isinstance(each, dict)}
    for path in (path for path in files if path.startswith("translations/")):
        said, wrong = _object(files, path)
        app = said.get("app") if said else None
        if not LOCALE.fullmatch(PurePosixPath(path).stem) or not isinstance(app, dict):
            yield wrong or f"{path}: it is a locale's, with an object named app"
            continue
        if not app.get("name"):
            yield f"{path}: app.name is missing"
        labels = app.get("parameters", {})
        yield from (f"{path}: {name} has no label" for name in named if not labels.get(name, {}).get("label"))


def _logos(files: Files) -> Iterator[str]:
    for path, pixels in LOGOS.items():
        content = files.get(path, b"")
        size = content[16:24]
        if content[:8] != b"\x89PNG\r\n\x1a\n" or size != pixels.to_bytes(4, "big") * 2:
            yield f"{path}: it is a PNG of {pixels} by {pixels} pixels"


def _pages(files: Files) -> Iterator[str]:
    for path in (path for path in files if path.endswith(".html")):
        page = BeautifulSoup(files[path], "html.parser")
        for element in page.find_all(True):
            if handlers := [name for name in element.attrs if name.startswith("on") or name == "style"]:
                yield f"{path}: {element.name} has the attribute {handlers[0]}: what it does stands in a script"
        for script in page.find_all("script"):
            src = str(script.get("src", ""))
            if script.get_text(strip=True) or (src != SDK and f"assets/{src}" not in files):
                yield f"{path}: a script is a file of the package, or the SDK: {src or 'inline'}"
        policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        said = str(policy["content"]) if policy else ""
        yield from (f"{path}: its policy lacks {each}" for each in POLICY if each not in said)


def _code(files: Files) -> Iterator[str]:
    for path in (path for path in files if path.endswith((".js", ".html"))):
        text = files[path].decode(errors="replace")
        yield from (f"{path}: {name}" for name, pattern in BANNED.items() if pattern.search(text))


def _all(files: Files) -> Iterator[str]:
    text = "\n".join(files[path].decode(errors="replace") for path in files if not path.endswith(".png"))
    for path in files:
        if PurePosixPath(path).suffix not in MEDIA:
            yield f"{path}: a file of its kind has nothing to do here"
        elif path.startswith("assets/") and path not in LOGOS and PurePosixPath(path).name not in text:
            yield f"{path}: nothing refers to it"
    if re.search(r"API_HOST|API_URL", text):
        yield "the API's address is not filled in everywhere"
    if sum(map(len, files.values())) > LARGEST:
        yield f"together the files have more than {LARGEST:,} bytes"


def _object(files: Files, path: str) -> tuple[dict[str, Any] | None, str]:
    """It, or what is wrong with it."""
    if path not in files:
        return None, f"{path}: it is missing"
    try:
        found = json.loads(files[path], object_pairs_hook=_unique)
    except (ValueError, UnicodeDecodeError) as error:
        return None, f"{path}: it is not JSON: {error}"
    return (found, "") if isinstance(found, dict) else (None, f"{path}: it is no object")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)
