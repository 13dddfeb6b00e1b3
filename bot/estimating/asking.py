"""What 1,000 questions cost, and what it costs once to read the documents."""

from math import exp

from bot.estimating import durations
from bot.estimating.lines import Factor, Line
from bot.estimating.standing import GB, KB
from bot.estimating.tables import Price, Size, Tables, TokenPrices
from bot.estimating.use import DOMAIN, Use

THOUSAND, MILLION, HOUR = 1_000, 1_000_000, 3_600
FOUR = 4  # characters a token
HALF = 0.5  # of a month: for so long an answer is kept in the table
TOKENS = "https://aws.amazon.com/bedrock/pricing/"


def per_thousand(tables: Tables, size: Size, use: Use, models: TokenPrices) -> list[Line]:
    asked, kept = Factor(THOUSAND, "questions"), Factor(use.drafted, "drafted")
    value = tables.value
    lines = _model(tables, use, models, asked, kept)
    lines += _functions(tables, size, use, asked)
    simple = (
        ("SQS: sent, received, deleted", (Factor(value("events"), "events"), Factor(3, "requests")), "sqs_request"),
        ("DynamoDB: written", (Factor(value("writes"), "units"),), "dynamodb_write"),
        ("DynamoDB: read", (Factor(value("reads"), "units"),), "dynamodb_read"),
        (
            "DynamoDB: stored",
            (Factor(value("record_size") / KB, "GB"), Factor(HALF, "of a month")),
            "dynamodb_storage",
        ),
        ("CloudWatch logs: written", (Factor(value("logged") / KB, "GB"),), "log_ingested"),
        ("CloudWatch logs: kept for a month", (Factor(value("logged") / KB, "GB"),), "log_stored"),
        ("To the internet", (Factor(value("sent") / KB, "GB"),), "traffic_out"),
    )
    lines += [Line(what, (asked, *factors), tables.prices[price]) for what, factors, price in simple]
    if size.cache != "none":
        lines.append(
            Line("NAT gateway: traffic", (asked, Factor(value("network") / KB, "GB")), tables.prices["nat_traffic"])
        )
    if size.cache == "serverless":
        lines.append(
            Line("ElastiCache: requests", (asked, Factor(value("cache_units"), "ECPU")), tables.prices["cache_unit"])
        )
    if use.traced:
        lines.append(Line("X-Ray", (asked, Factor(value("events") * 2, "traces")), tables.prices["trace"]))
    return lines


def _model(tables: Tables, use: Use, models: TokenPrices, asked: Factor, kept: Factor) -> list[Line]:
    price = models.of(use.model)
    known, rules = _known_rules(tables, use), tables.value("rules_tokens")
    tokens = (
        ("passages and question", (Factor(use.passage_tokens, "tokens"),), price.input),
        ("rules, from the prompt cache", (Factor(known, "known"), Factor(rules, "tokens")), price.cache_read),
        ("rules, put there", (Factor(1 - known, "unknown"), Factor(rules, "tokens")), price.cache_write),
        ("answer", (Factor(use.output_tokens, "tokens"),), price.output),
    )
    lines = [Line(f"{use.model}: {what}", (asked, kept, *factors), _per_million(usd)) for what, factors, usd in tokens]
    embedded = (asked, kept, Factor(tables.value("question_tokens"), "tokens"))
    lines.append(Line(f"{use.embedder}: question", embedded, _per_million(models.of(use.embedder).input)))
    if use.reranked:
        lines.append(Line("Rerank", (asked, kept), tables.prices["rerank"]))
    if use.guarded:
        characters = (use.passage_tokens + use.output_tokens) * FOUR / THOUSAND
        lines.append(
            Line("Guardrail", (asked, kept, Factor(characters, "thousand characters")), tables.prices["guardrail"])
        )
    return lines


def _known_rules(tables: Tables, use: Use) -> float:
    """The share of drafts that find the rules in the prompt cache, as another came just before."""
    each_hour = use.questions * use.drafted / tables.value("open_hours")
    return 1 - exp(-each_hour * tables.value("prompt_cache"))


def _functions(tables: Tables, size: Size, use: Use, asked: Factor) -> list[Line]:
    events = Factor(tables.value("events"), "events")
    worker, ingress = Factor(size.worker_memory / GB, "GB"), Factor(tables.value("ingress_memory") / GB, "GB")
    drafted = durations.drafted(tables, size.worker_memory, use.output_tokens).seconds
    cached = durations.cached(tables, size.worker_memory).seconds
    seconds = tables.prices["lambda_second"]
    lines = [
        Line("API Gateway", (asked, events), tables.prices["api_request"]),
        Line("Lambda: invocations", (asked, events, Factor(2, "functions")), tables.prices["lambda_request"]),
        Line(
            "Lambda: ingress",
            (asked, events, Factor(durations.received(tables).seconds, "s"), ingress),
            seconds,
        ),
        Line(
            "Lambda: worker, drafting", (asked, Factor(use.drafted, "drafted"), Factor(drafted, "s"), worker), seconds
        ),
        Line("Lambda: worker, a second event", (asked, Factor(tables.value("twin"), "s"), worker), seconds),
    ]
    if use.cached:
        shown = (asked, Factor(use.cached, "cached"), Factor(cached, "s"), worker)
        lines.insert(-1, Line("Lambda: worker, from the cache", shown, seconds))
    return lines


def once(tables: Tables, size: Size, use: Use, models: TokenPrices) -> list[Line]:
    """All documents read for the first time."""
    value, chunks = tables.value, Factor(use.chunks, "chunks")
    processor = min(1.0, size.ingest_memory / value("vcpu_memory"))
    hours = use.chunks / value("index_rate") / HOUR
    lines = [
        Line(
            f"{use.embedder}: chunks",
            (chunks, Factor(value("chunk_tokens"), "tokens")),
            _per_million(models.of(use.embedder).input),
        ),
        Line(
            "Lambda: ingest",
            (chunks, Factor(value("ingest_cpu") / processor, "s"), Factor(size.ingest_memory / GB, "GB")),
            tables.prices["lambda_second"],
        ),
    ]
    if use.search != DOMAIN:
        indexing = (Factor(value("indexers"), "OCU"), Factor(hours + value("awake"), "hours"))
        lines.append(Line("OpenSearch: indexing", indexing, tables.prices["opensearch_hour"]))
    if use.pages:
        lines.append(Line("Textract", (Factor(use.pages, "pages"),), tables.prices["textract"]))
    return lines


def _per_million(usd: float) -> Price:
    return Price(usd / MILLION, "token", TOKENS)
