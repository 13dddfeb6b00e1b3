"""An estimate is its lines: it names no quantity that is not in a table, and asks nobody."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from bot import estimating
from bot.aws import prices
from bot.commands.costs import command
from bot.estimating import standing
from bot.estimating.estimate import Estimate, estimate
from bot.estimating.lines import Factor, Line, number, usd
from bot.estimating.tables import Price, shipped, tables
from bot.estimating.use import Use, of
from bot.settings import Settings
from rag_core.errors import MisconfiguredError
from tests.benchmarks.marked import part
from tests.infra.observing.template import Resolved

INFRA, BOT = Path(__file__).resolve().parents[3] / "infra", Path(estimating.__file__).parent


def run(*arguments: str, **environment: str) -> str:
    done = CliRunner().invoke(command, ["--estimate", *arguments], env=environment, obj=None, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def made(size: str = "standard", **use: Any) -> Estimate:
    given: dict[str, Any] = {
        "questions": 10_000,
        "cached": 0.2,
        "tokens": (None, None),
        "chunks": 20_000,
        "pages": 0,
    } | use
    return estimate(shipped(), size, of(Settings(), shipped(), **given), prices(Settings().prices))


@pytest.mark.parametrize("size", ["small", "standard", "large"])
def test_a_month_is_its_lines_times_their_prices(size: str) -> None:
    shown = json.loads(run("--json", "--size", size, "--questions", "50000"))["sizes"][0]
    for group in ("idle", "awake", "per_thousand", "once"):
        for line in shown[group]:
            product = 1.0
            for factor in line["factors"]:
                product *= factor["value"]
            assert line["usd"] == pytest.approx(product * line["price_usd"]), line
    sums = {group: sum(line["usd"] for line in shown[group]) for group in ("idle", "awake", "per_thousand")}
    assert shown["usd"]["month"] == pytest.approx(sums["idle"] + sums["awake"] + 50 * sums["per_thousand"], abs=1e-5)


def test_every_price_and_every_factor_is_in_a_table_with_its_source() -> None:
    for price in shipped().prices.values():
        assert price.source.startswith("https://aws.amazon.com/")
        assert price.usd > 0
    for name, figure in shipped().figures.items():
        assert figure.how.startswith(("measured: ", "assumed", "stated by AWS: ", "the template's")), name


def test_there_is_no_price_and_no_figure_that_nothing_is_reckoned_with() -> None:
    places = (BOT, INFRA.parent / "tests" / "benchmarks" / "capacity")
    code = "".join(file.read_text("utf-8") for place in places for file in place.glob("*.py"))
    assert not [name for name in (*shipped().prices, *shipped().figures) if f'"{name}"' not in code]


def test_it_asks_nobody_and_needs_no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("an estimate opened a connection")

    for module in [name for name in sys.modules if name.partition(".")[0] in ("boto3", "botocore")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    settings = {
        "ANSWER_MODEL": "global.anthropic.claude-sonnet-5-5",
        "TABLE": "answers",
        "OPENSEARCH_URL": "https://a.b",
    }
    run(**{f"SUPPORTBOT_{name}": value for name, value in settings.items()}, SUPPORTBOT_HOME=str(tmp_path / "none"))
    assert not [name for name in sys.modules if name.partition(".")[0] in ("boto3", "botocore")]
    assert not (tmp_path / "none").exists()


def test_the_smallest_size_has_nothing_that_costs_by_the_hour() -> None:
    assert not {line.what for line in made("small").idle} & {
        line.what for line in made("large").idle if "hours" in line.arithmetic
    }
    assert made("small").idle_usd < made("standard").idle_usd < made("large").idle_usd


def test_a_cache_spares_drafts_where_workers_share_one() -> None:
    assert made("standard", cached=0.5).thousand_usd < 0.7 * made("standard", cached=0.0).thousand_usd
    assert made("small", cached=0.5).thousand_usd == made("small", cached=0.0).thousand_usd


def test_what_the_settings_name_is_counted() -> None:
    known = shipped()
    settings = Settings(rerank_model="r", guardrail="g", tracing=True, opensearch_kind="serverless-classic")
    use = of(settings, known, questions=1, cached=0, tokens=(None, None), chunks=1, pages=3)
    whole = estimate(known, "small", use, prices(settings.prices))
    assert {"Rerank", "Guardrail", "X-Ray"} <= {line.what for line in whole.per_thousand}
    assert next(line.usd for line in whole.once if line.what == "Textract") == pytest.approx(0.045)
    assert next(line.usd for line in whole.idle if "CLASSIC" in line.what) == pytest.approx(2 * 730 * 0.24)
    assert not any("NEXTGEN" in line.what for line in whole.awake)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("OPENSEARCH_KIND", "domain", "Your OpenSearch domain is on a bill of its own"),
        ("ANSWER_MODEL", "global.anthropic.claude-none", "No price of global.anthropic.claude-none is known"),
    ],
)
def test_what_the_figures_cannot_have_in_them_is_said(setting: str, value: str, said: str) -> None:
    shown = run("--size", "small", **{f"SUPPORTBOT_{setting}": value})
    assert said in shown
    assert any(line.startswith("| OpenSearch") for line in shown.splitlines()) == (value != "domain")


def test_searches_keep_a_collection_up_for_ten_minutes_each_and_no_longer_than_the_open_hours() -> None:
    known = shipped()
    assert standing.hours_awake(known, 0) == 0
    assert standing.hours_awake(known, 10) == pytest.approx(10 / 6, rel=0.01)
    assert standing.hours_awake(known, 1_000_000) == pytest.approx(220)


def test_a_price_of_ones_own_replaces_the_list_price(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"opensearch_hour": 1}')
    for stated in ('{"opensearch_hour": 1}', str(file)):
        assert tables(Settings(list_prices=stated)).prices["opensearch_hour"].usd == 1


@pytest.mark.parametrize("stated", ['{"gold": 1}', '{"secret": "much"}', "/no/such/file"])
def test_a_price_that_is_none_is_named(stated: str) -> None:
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_LIST_PRICES"):
        tables(Settings(list_prices=stated))


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (1_000, "1,000"), (3.3341, "3.334"), (0.08983, "0.08983"), (1.5, "1.5")]
)
def test_numbers_have_four_digits_and_no_exponent(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_line_shows_what_it_multiplies() -> None:
    line = Line("x", (Factor(2, "queues"), Factor(5, "pollers")), Price(0.0000004, "request", ""))
    assert line.arithmetic == "2 queues x 5 pollers = 10"
    assert usd(line.price.usd) == "$0.0000004"
    assert line.usd == pytest.approx(0.000004)


@pytest.mark.parametrize("wrong", [("--questions", "3"), ("--size", "small")])
def test_what_belongs_to_an_estimate_is_refused_without_one(wrong: tuple[str, str]) -> None:
    done = CliRunner().invoke(command, list(wrong))
    assert done.exit_code == 2
    assert "--estimate" in done.output


def test_the_document_is_what_the_command_prints() -> None:
    assert part("costs.md", "supportbot costs --estimate") == run().strip("\n"), "make capacity prints it anew"


class Loader(yaml.SafeLoader):
    """CloudFormation's own tags are of no interest here."""


Loader.add_multi_constructor("!", lambda *_: None)


def templates(*names: str) -> list[dict[str, Any]]:
    """Skips where one is not there yet."""
    if missing := [name for name in names if not (INFRA / name).exists()]:
        pytest.skip(f"infra has no {missing[0]} yet")
    return [yaml.load((INFRA / name).read_text("utf-8"), Loader) for name in names]  # noqa: S506 - a safe one


def test_the_sizes_are_the_templates() -> None:
    (template,) = templates("template.yaml")
    assert template["Mappings"]["Sizes"] == json.loads((BOT / "sizes.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("figure", "file", "kind"),
    [
        ("secrets", "template.yaml", "AWS::SecretsManager::Secret"),
        ("gateways", "cache.yaml", "AWS::EC2::NatGateway"),
        ("dashboards", "observing.yaml", "AWS::CloudWatch::Dashboard"),
    ],
)
def test_there_are_as_many_parts_as_the_templates_have(figure: str, file: str, kind: str) -> None:
    (template,) = templates(file)
    assert shipped().value(figure) == sum(each["Type"] == kind for each in template["Resources"].values())


def test_an_alarm_costs_by_the_metrics_that_it_reads() -> None:
    alarms = Resolved().all("AWS::CloudWatch::Alarm").values()
    reads = [sum("MetricStat" in each for each in alarm.get("Metrics", [{"MetricStat": {}}])) for alarm in alarms]
    assert shipped().value("alarms") == sum(reads)
    assert len(reads) == 9


def test_there_are_as_many_metrics_as_the_product_has() -> None:
    metrics = pytest.importorskip("bot.metrics")
    assert shipped().value("metrics") == metrics.most(3)


def test_a_use_knows_what_is_drafted() -> None:
    assert Use(1, 0.25, 1, 1, 1).drafted == 0.75


def test_what_aws_gives_to_every_account_is_taken_off_once() -> None:
    small = made("small", questions=0)
    assert small.idle_free_usd == pytest.approx(10 * 0.10 + 1_000_000 * 0.0000004)  # alarms, and SQS's first million
    assert small.month_free_usd == pytest.approx(small.idle_free_usd)
    many = made("small", questions=1_000_000)
    assert many.idle_free_usd == pytest.approx(small.idle_free_usd)
    assert many.idle_free_usd < many.month_free_usd < sum(each.free * each.usd for each in shipped().prices.values())


def test_pollers_of_its_own_cost_by_the_hour_and_take_the_place_of_lambdas() -> None:
    lines = {line.what: line for line in made("large").idle}
    assert lines["Lambda: pollers kept ready"].usd == pytest.approx(10 * 730 * 0.00925)
    assert lines["SQS: functions ask for jobs"].factors[0].value == 5 + 10
    assert {line.what: line for line in made("standard").idle}["SQS: functions ask for jobs"].factors[0].value == 10
    assert "Lambda: pollers kept ready" not in {line.what for line in made("standard").idle}
