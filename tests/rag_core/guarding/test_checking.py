"""One text at a time: what has to go goes, and nothing else."""

import re
import time

import pytest

from rag_core.errors import MisconfiguredError
from rag_core.guarding.checking import Guard, GuardPolicy
from rag_core.guarding.linking import Allowed
from rag_core.guarding.masking import Pattern
from tests.rag_core.guarding.judging import ALLOWED, CITED, GUARD, NAMED, SECRETS, guarded, harm, streamed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[keys](https://evil.com/x)", "keys"),
        (f"[keys]({CITED}?d=secret)", "keys"),
        (f"[keys]({CITED}#secret)", "keys"),
        (f"[keys]({CITED}/more)", "keys"),
        ("[keys](https://help.example.com/redirect?to=evil)", "keys"),
        ("[keys](https://help.example.com:8443/keys)", "keys"),
        ("[keys](https://help.example.com@evil.com/keys)", "keys"),
        ("[keys](https:\\\\evil.com)", "keys"),
        ("[keys](https://h\u0435lp.example.com/keys)", "keys"),
        ("[keys](https://xn--hlp-5cd.example.com/keys)", "keys"),
        ("[keys](//help.example.com/keys)", "keys"),
        ("[keys](JaVaScRiPt:alert(1))", "keys"),
        ("[keys](&#106;avascript:alert)", "keys"),
        ("[keys](data:text/html;base64,PHNj)", "keys"),
        ("[keys](mailto:joe@evil.com)", "keys"),
        ("[keys](mailto:support@example.com?body=secret)", "keys"),
        ("[keys](tel:+1900)", "keys"),
        ("[keys](/relative)", "keys"),
        ("[keys](#part)", "keys"),
        ('[keys](<https://evil.com/a b> "title")', "keys"),
        ("<https://evil.com|keys>", "keys"),
        ("<https://evil.com/x>", "(link removed)"),
        ('<a href="https://evil.com">keys</a>', "keys"),
        ("see https://evil.com/x?d=1.", "see (link removed)."),
        ("see HTTPS://EVIL.COM", "see (link removed)"),
        ("see ht\u200btps://evil.com", "see (link removed)"),
        ("see https://evil.com\u202e/moc", "see (link removed)"),
        ("see www.evil.com", "see (link removed)"),
        ("see //evil.com/x", "see (link removed)"),
        ("see evil.com/x", "see (link removed)"),
        ("see evil.com:8080", "see (link removed)"),
        ("see evil.com", "see `evil.com`"),
        ("see evil<!-- -->.com", "see `evil.com`"),
        ("see https&#58;//evil.com", "see (link removed)"),
        ("see https:\\/\\/evil.com", "see (link removed)"),
        ("see javascript:alert(1)", "see (link removed)"),
        ("see javascript\u00ad:alert(1)", "see (link removed)"),
        ("see http://1113982867/", "see (link removed)"),
        (f"see {CITED}?d=secret", "see (link removed)"),
        (f"see {CITED}请看", f"see {CITED} 请看"),
        ("`curl https://evil.com/x`", "`curl (link removed)`"),
        ("```sh\ncurl https://evil.com/x\n```", "```sh\ncurl (link removed)\n```"),
        ("```\n<https://evil.com|x>\n<@U123>\n```", "```\n<(link removed)|x>\n\n```"),
        ("[r]: https://evil.com", "[r]\\: (link removed)"),
        ("[a [b] c](/x)", "[a [b] c] (/x)"),
        ("![logo](https://evil.com/x.png)", "logo"),
        (f"![logo]({CITED})", "logo"),
        ("![logo][r]", "! [logo][r]"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<b>bold</b> <svg/onload=alert(1)> <x onclick=y>", "bold  "),
        ("<!DOCTYPE html><!-- c -->x", "x"),
        ("<your key>", "\\<your key>"),
        ("<!channel> <!here|all> <@U1234> <#C12|general> <!subteam^S1|team>", "channel all  general team"),
        ("@channel @here @Everyone", "channel here Everyone"),
        ("\\@here &#64;here", "here here"),
        ("a\x1b[31mb\u202ec\U000e0041d\u200be", "a[31mbcde"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    ],
)
def test_an_attack_loses_its_target_and_keeps_its_words(text: str, expected: str) -> None:
    found = GUARD.check(text, ALLOWED)
    assert found.text == expected
    assert harm(found.text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"See [the keys]({CITED}#rotate), [page]({CITED}) or {CITED}/.",
        f"Call `{NAMED}`, {NAMED}; **{NAMED}**\n\n```sh\ncurl {NAMED}\n```",
        "[status](https://status.example.com/a?b=c) and https://eu.docs.example.com/x#y.",
        "Write to support@example.com or [us](mailto:support@example.com), call +1 415 555 0100, see docs.example.net.",
        "Use `<b>`, `List<String>`, then `a|b`; 2 < 3, a <- b, x -> y & z.",
        "```html\n<a href='x'>hi</a> <!DOCTYPE html>\n```",
        "- one [1]\n- two [1][2]\n\n| a | b |\n|---|---|\n| `c` | d |\n\n1. Great![1]",
        "1,000,000 e-mails, 550 5.7.1, 2024-05-01T12:00:00Z, 1716239022, 1716239022123, 10.0.0.1, v3.1.2",
        "Node.js, README.md, settings.py, e.g. this, i.e. that, and/or, user_id, 99.9 %, done.It works, key: value",
        "Persian می‌خواهم, emoji 👨‍👩‍👧 ❤️, 中文。请看，好",
        "Authorization: Bearer YOUR_API_KEY, SG.xxxx, sk_live_..., order 1234-5678-9012, ISO 9001 2015 edition",
    ],
)
def test_what_is_legitimate_stays_to_the_letter(text: str) -> None:
    assert GUARD.check(text, ALLOWED).text == text
    assert not GUARD.check(text, ALLOWED).findings


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_goes_wherever_it_stands_even_in_a_cited_passage(name: str) -> None:
    secret = SECRETS[name]
    for text in (f"It is {secret}, keep it.", f"`{secret}`" if "\n" not in secret else secret, f"```\n{secret}\n```"):
        found = GUARD.check(text, Allowed(passages=(text,)))
        assert secret.split()[-1] not in found.text
        assert found.findings[name] == 1


@pytest.mark.parametrize(
    "text",
    [
        "Bearer lp_live_9sK2mQ7vX4bT1nR8…",
        "Bearer lp_live_9sK2mQ7vX4bT1nR8...",
        "Bearer lp_live_9sK2mQ7vX4bT1nR8***",
        "Bearer lp_live_0000000000000000",
        "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
        "SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxxxxxxxxx",
        "AKIAXXXXXXXXXXXXXXXX",
    ],
)
def test_a_token_that_is_visibly_an_example_stays(text: str) -> None:
    assert guarded(f"Send {text} as it is") == f"Send {text} as it is"
    assert guarded(f"`{text}`") == f"`{text}`"


@pytest.mark.parametrize("sign", ["…", "...", "***", "xxxxxxxxxxxxxxxxxxxx", "…***"])
@pytest.mark.parametrize(
    "secret", ["Bearer lp_live_9sK2mQ7vX4bT1nR8cW5y", SECRETS["stripe_key"], SECRETS["sendgrid_key"]]
)
def test_a_sign_behind_it_makes_no_example_of_a_whole_token(secret: str, sign: str) -> None:
    assert secret.rsplit(maxsplit=1)[-1] not in guarded(f"It is {secret}{sign} so")


def test_a_text_that_is_mostly_what_has_to_go_is_not_read_to_its_end() -> None:
    guard = Guard(GuardPolicy(longest=500, sign="… (cut)"))
    for text in ("word " + "<b>" * 1000 + "end", "word " + "\u200b" * 1000 + "end"):
        whole = guard.check(text)
        assert whole.text.endswith("… (cut)")
        assert whole.findings["cut"] == 1
        assert len(whole.text) <= 500
        assert streamed(guard, text, list(range(0, len(text), 7))) == (whole.text, dict(whole.findings))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("card", "4111 1111 1111 1111"),
        ("card", "5500-0000-0000-0004"),
        ("card", "378282246310005"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB82WEST12345698765432"),
        ("phone", "+49 30 901820-0"),
        ("phone", "(415) 555-0199"),
        ("phone", "415-555-0199"),
        ("email", "joe.doe@mail.example.com"),
        ("email", "joe\\_doe@mail.example.com"),
    ],
)
def test_a_persons_data_stays_only_where_the_passages_show_it(name: str, text: str) -> None:
    assert GUARD.check(f"It is {text}.").findings == {name: 1}
    assert text not in GUARD.check(f"It is {text}.").text
    if "\\" not in text:
        assert GUARD.check(f"It is {text}.", Allowed(passages=(f"Use {text}.",))).text == f"It is {text}."


def test_numbers_that_fail_their_check_are_no_card_and_no_iban() -> None:
    for text in ("4111 1111 1111 1112", "DE88 3704 0044 0532 0130 00", "0000 0000 0000 0000"):
        assert guarded(text) == text


def test_an_operators_pattern_is_counted_by_its_name() -> None:
    guard = Guard(GuardPolicy(patterns=(Pattern("customer", r"KD-\d{6}", "(customer number)"),)))
    found = guard.check("Yours is KD-123456, `KD-654321`.")
    assert found.text == "Yours is (customer number), `(customer number)`."
    assert found.findings == {"customer": 2}


@pytest.mark.parametrize(
    "regex", ["(a+)+$", "a*", "(a|aa){1,50}", r"\w{0,40}\w{0,40}x", r"(\w)\1", "[", "x?", "a{500}", r"(?:a{1,9}){1,9}"]
)
def test_a_pattern_that_could_be_slow_is_refused_when_it_is_read(regex: str) -> None:
    with pytest.raises(MisconfiguredError, match="pattern 'mine'"):
        Pattern("mine", regex)


def test_a_policy_that_cannot_hold_is_refused() -> None:
    for bad in ("https://x.example", "a b", "*", ""):
        with pytest.raises(MisconfiguredError):
            GuardPolicy(allowed_hosts=frozenset({bad}))
    with pytest.raises(MisconfiguredError):
        GuardPolicy(longest=10)
    with pytest.raises(MisconfiguredError):
        Pattern("mine", "abc", "[x](http://evil.com)")


def test_a_long_text_ends_with_a_sentence_and_says_so() -> None:
    guard = Guard(GuardPolicy(longest=500, sign="… (cut)"))
    sentence = "Every sentence here has the same length, so. "
    found = guard.check(sentence * 50)
    assert len(found.text) <= 500
    assert found.text.endswith("so. … (cut)")
    assert found.findings == {"cut": 1}
    fits = (sentence * 11)[:500]
    assert guard.check(fits).text == fits
    code = guard.check("```sh\n" + "echo hello\n" * 80)
    assert code.text.endswith("\n```\n\n… (cut)")
    assert len(code.text) <= 500


def test_findings_quote_no_one() -> None:
    found = GUARD.check("joe@evil.com [x](https://evil.com) " + SECRETS["jwt"])
    assert all(re.fullmatch(r"[a-z_]+", name) for name in found.findings)


@pytest.mark.parametrize(
    "unit",
    ["[", "](", "![", "<", "<!--", "<a ", "<b>", "`", "` ", "\\", "a", "a.", "a@", "1 ", "1-", "+1 ", "eyJ-", "[x](a",
     "[a`", "Bearer ", "DE89 3704 ", "&#58;", "~", "\u200b", "[x]: a", "| `|` ", "https://a.b))) ", "://", "a_"],
)  # fmt: skip
def test_a_hostile_text_costs_in_proportion_to_its_length(unit: str) -> None:
    guard = Guard(GuardPolicy(longest=10**7))

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.process_time()
        guard.check(text)
        return time.process_time() - started

    seconds(2000)  # what is compiled when it is first needed
    assert min(seconds(12_000) for _ in range(2)) < 5 * seconds(6_000) + 0.05
