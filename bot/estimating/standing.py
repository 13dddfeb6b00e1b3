"""What a month costs whether anybody asks or not, and what the month's questions keep awake."""

from math import exp

from bot.estimating.lines import Factor, Line
from bot.estimating.tables import Size, Tables
from bot.estimating.use import CLASSIC, DOMAIN, NEXTGEN, Use

HOURS = 730  # a month
MINUTES, SECONDS = HOURS * 60, HOURS * 3_600
GB, KB = 1_024, 1_000_000  # MB and KB in one, as Lambda and as storage counts


def idle(tables: Tables, size: Size, use: Use) -> list[Line]:
    """A month without a question."""
    value, price = tables.value, tables.prices
    month, alive = Factor(1, "month"), Factor(HOURS, "hours")
    lines = [
        Line("Secrets Manager", (Factor(value("secrets"), "secret"), month), price["secret"]),
        Line("CloudWatch alarms", (Factor(value("alarms"), "metrics"), month), price["alarm"]),
        Line("CloudWatch dashboard", (Factor(value("dashboards"), "dashboard"), month), price["dashboard"]),
        Line(
            "SQS: functions ask for jobs",
            (_pollers(tables, size), Factor(value("polls"), "a minute"), Factor(MINUTES, "minutes")),
            price["sqs_request"],
        ),
        Line("S3: documents", (Factor(use.chunks * value("document_size") / KB, "GB"), month), price["s3_storage"]),
    ]
    if use.search != DOMAIN:
        stored = Factor(use.chunks * value("chunk_size") / KB, "GB")
        lines.append(Line("OpenSearch: storage", (stored, month), price["opensearch_storage"]))
    if use.search == CLASSIC:
        units = Factor(value("classic_units"), "OCU")
        lines.append(Line("OpenSearch Serverless CLASSIC, at least", (units, alive), price["opensearch_hour"]))
    if size.cache != "none":
        lines += _cache(tables, size, alive)
    if size.provisioned:
        lines += _provisioned(tables, size)
    if size.pollers:
        lines.append(Line("Lambda: pollers kept ready", (Factor(size.pollers, "pollers"), alive), price["poller_hour"]))
    return lines


def awake(tables: Tables, use: Use) -> list[Line]:
    """A month with its questions, however many within an hour."""
    value, price = tables.value, tables.prices
    metrics = Factor(value("metrics"), "metrics")
    written = Factor(value("open_hours") / HOURS if use.questions else 0, "of a month")
    lines = [Line("CloudWatch metrics, in the hours that they are written", (metrics, written), price["metric"])]
    if use.search == NEXTGEN:
        lines.append(
            Line(
                "OpenSearch Serverless NEXTGEN, while it is up",
                (Factor(value("searchers"), "OCU"), Factor(hours_awake(tables, use.questions), "hours")),
                price["opensearch_hour"],
            )
        )
    return lines


def hours_awake(tables: Tables, questions: float) -> float:
    """Of the month: questions come at random within the open hours, and each search keeps it up for a while."""
    hours, stays = tables.value("open_hours"), tables.value("awake")
    return hours * (1 - exp(-questions / hours * stays))


def _cache(tables: Tables, size: Size, alive: Factor) -> list[Line]:
    value, price = tables.value, tables.prices
    gateways = Factor(value("gateways"), "gateway")
    stored = Line("ElastiCache Serverless", (Factor(value("cache_size"), "GB"), alive), price["cache_storage"])
    node = Line("ElastiCache", (Factor(1, "node"), alive), price["cache_node_hour"])
    lines = [
        node if size.cache == "node" else stored,
        Line("NAT gateway", (gateways, alive), price["nat_hour"]),
        Line("NAT gateway: its address", (gateways, alive), price["address_hour"]),
    ]
    if value("endpoints"):
        lines.append(Line("VPC endpoints", (Factor(value("endpoints"), "endpoints"), alive), price["endpoint_hour"]))
    return lines


def _provisioned(tables: Tables, size: Size) -> list[Line]:
    each = {"query": size.query_memory, "worker": size.worker_memory, "ingress": round(tables.value("ingress_memory"))}
    return [
        Line(
            f"Lambda: {name}, kept warm",
            (Factor(size.provisioned, "environments"), Factor(memory / GB, "GB"), Factor(SECONDS, "s")),
            tables.prices["lambda_provisioned"],
        )
        for name, memory in each.items()
    ]


def _pollers(tables: Tables, size: Size) -> Factor:
    """Lambda's own for each queue, but for one that has pollers of its own."""
    queues = tables.value("queues") - bool(size.pollers)
    return Factor(queues * tables.value("pollers") + size.pollers, "pollers")
