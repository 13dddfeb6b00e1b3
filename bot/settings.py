"""Every setting, with its default and its check.

The only reader of the environment. msgspec rather than pydantic-settings, whose import takes longer than the whole of a
lexical answer: docs/decisions.md.
"""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args, get_type_hints
from urllib.parse import SplitResult, urlsplit

import msgspec

from bot.bounds import Days, Deliveries, Dollars, Positive, Quota, Retention, Seconds
from rag_core.errors import MisconfiguredError

PREFIX = "SUPPORTBOT_"
MORE = "SETTINGS"  # behind it: any of them, as JSON
REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")  # where the region is not set for us alone
DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LEXICAL = "none"
SECRET = "secret:"  # noqa: S105 - before the id of a secret in Secrets Manager
BEDROCK = "bedrock:"  # before the model id of an embedding model
# as the setting names it, and as the embedder itself does: with dimensions and precision
EMBEDDING = re.compile(
    BEDROCK + r"\s*(?P<model>\S+)(?:\s+(?P<dimensions>[1-9][0-9]{0,4})\s+(?P<precision>float|int8))?\s*"
)
WEB, REDIS = ("http", "https"), ("redis", "rediss")
OF_AWS = ("bedrock_url", "aws_url", "queue_url", "ingest_queue_url")  # boto3 takes no underscore in their hosts
SCHEMES = {
    **dict.fromkeys(
        (
            "bedrock_url",
            "aws_url",
            "queue_url",
            "ingest_queue_url",
            "opensearch_url",
            "slack_url",
            "zendesk_url",
            "report_url",
            "public_url",
        ),
        WEB,
    ),
    "redis_url": REDIS,
}
WITH_PATH = (*OF_AWS, "slack_url", "report_url", "public_url")
HOST = re.compile(r"(?:(?!-)[\w-]{1,63}(?<!-)\.)*(?!-)[\w-]{1,63}(?<!-)\.?", re.ASCII)
UNUSED = {WEB: ("", "/"), REDIS: ("", "/", "/0")}  # paths that say nothing, so that no other is ignored
FORMS = {WEB: "https://host or https://host:port", REDIS: "redis://host:port, or rediss:// with TLS"}
FORMS_OF = {bool: "true or false", int: "a whole number", float: "a number"}
BOUND = re.compile(r"([<>]=?) ([-\d.]+)$")  # as msgspec names one
BOUNDS = {">=": "of at least", ">": "above", "<=": "of at most", "<": "below"}
Parameters = dict[Literal["m", "ef_construction", "ef_search", "encoder"], Positive | dict[str, object]]  # of hnsw
# USD per million tokens: input, output, read from the prompt cache, written to it. https://aws.amazon.com/bedrock/pricing
PRICES = """{
  "anthropic.claude-haiku-5-5": [0.10, 0.50, 0.01, 0.125],
  "anthropic.claude-sonnet-5-5": [2, 10, 0.2, 2.5],
  "anthropic.claude-opus-5-5": [4, 20, 0.4, 5],
  "anthropic.claude-haiku-4-5-20251001-v1:0": [1, 5, 0.1, 1.25],
  "cohere.embed-v4:0": [0.12, 0, 0, 0],
  "amazon.titan-embed-text-v2:0": [0.02, 0, 0, 0]
}"""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Read from SUPPORTBOT_<NAME>, else from JSON in SUPPORTBOT_SETTINGS; what is empty counts as not set.

    What is not set is on this machine.
    """

    home: str = ""  # the folder of all local state; by default the user's data folder
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8765  # of the playground; 0 takes a free one
    tenant: str = "default"  # keeps what several installations share apart: caches
    deadline: Seconds = 25.0  # within which an answer, or the reason why there is none, is shown

    # a folder, a name fastembed knows, "bedrock:<model id>", or "none"; empty: the index's own, else the default
    embedding_model: str = ""
    embedding_dimensions: Positive = 1_024  # of Bedrock's models
    embedding_precision: Literal["float", "int8"] = "float"

    answer_model: str = ""  # a Bedrock model id or inference profile; empty: extractive, without a model
    second_model: str = ""  # asked when the first is throttled or down
    rewrite_model: str = ""  # writes follow-ups out; empty: by a rule
    rerank_model: str = ""  # such as cohere.rerank-v3-5:0
    max_tokens: Positive = 1_024
    effort: str = ""  # of the answer model; empty: its own default
    service_tier: str = ""
    latency: str = ""
    guardrail: str = ""  # the id of a Bedrock guardrail
    guardrail_version: str = "DRAFT"
    prices: str = PRICES  # JSON, or a file with it
    list_prices: str = ""  # likewise, of what else AWS charges: where `costs --estimate` is to reckon with another

    region: str = ""
    bedrock_url: str = ""  # of a VPC endpoint
    connect_timeout: Seconds = 2.0
    read_timeout: Seconds = 10.0  # between two pieces of a response

    opensearch_url: str = ""  # empty: the embedded index
    opensearch_kind: Literal["serverless-nextgen", "serverless-classic", "domain"] = "serverless-nextgen"
    opensearch_index: str = "supportbot"  # an alias
    opensearch_engine: Literal["", "lucene", "faiss"] = ""  # empty: left to the service
    opensearch_parameters: str = ""  # JSON, of the engine's hnsw: {"m": 24, "ef_construction": 200}
    opensearch_signed: bool = True  # by AWS credentials; a node of one's own may do without

    redis_url: str = ""  # redis://host:6379, rediss:// with TLS; empty: a cache in the process
    redis_cluster: bool = False  # ElastiCache Serverless is one
    redis_user: str = ""  # signs in by IAM
    redis_name: str = ""  # of the cache, which the IAM token is for
    redis_serverless: bool = False

    table: str = ""  # in DynamoDB: claims and answers; empty: SQLite files in the home
    # days that questions, answers and ratings are kept, longer than a queue delivers; counters stay
    retention: Retention = 90
    queue_url: str = ""  # of SQS; empty: a queue in the process
    ingest_queue_url: str = ""  # of SQS, for ingestions that many workers do; empty: who is asked to ingest does it
    staging_bucket: str = ""  # where these keep what is not visible yet
    embedding_quota: Quota = 0  # requests a minute that all of them together may make; 0: the model's own limit
    aws_url: str = ""  # of DynamoDB, SQS and the like, where it is not AWS's own

    monthly_budget: Dollars = 0.0  # USD that answers may take, as metered; 0: as needed
    cheaper_model: str = ""  # answers once that is spent; empty: quotations of the documents do
    cost_tag: str = ""  # name=value: count only what of the bill is tagged so

    sources: str = ""  # buckets and web sites that are ingested: JSON, or a file with it; docs/ingesting.md
    textract: str = ""  # text recognition of scanned pages: JSON, or a file with it; docs/ingesting.md
    allowed_hosts: str = ""  # that answers may link to besides what they cite: help.example.com,*.example.com
    masked: str = ""  # a JSON file of further patterns to mask: [{"name", "pattern", "replacement"}]

    api_callers: str = ""  # of the query API: JSON, a file with it, or secret:<id> in Secrets Manager; docs/api.md
    # of Slack; tokens, secrets and keys may each be secret:<id> in Secrets Manager: docs/slack.md
    slack_bot_token: str = ""  # xoxb-..., of the one workspace that is answered
    slack_signing_secret: str = ""  # of the app: what its request URL checks
    slack_app_token: str = ""  # xapp-..., of Socket Mode
    slack_client_id: str = ""  # instead of the bot token, for several workspaces: they install the app by OAuth
    slack_client_secret: str = ""
    slack_encryption_key: str = ""  # closes what is stored of installations; several by commas, the newest first
    slack_workspaces: str = ""  # ids of those that may install the app: T0123ABCD,E0456EFGH
    slack_redirect_url: str = ""  # where the app has several; empty: its only one
    slack_audience: Literal["public", "internal"] = "public"  # of the workspace's own members, where no channel says
    slack_humans: str = ""  # a user group's id, which "Ask a human" mentions
    slack_admins: str = ""  # a user group's id: its members are admins here, besides the workspace's own
    slack_admin_channel: str = ""  # the id of a channel that is told of the budget; of several workspaces T0123/C0123
    slack_person_quota: Quota = 60  # questions an hour that one person may ask; 0: as many as wished
    slack_workspace_quota: Quota = 2_000  # and all of a workspace together
    slack_url: str = "https://slack.com/api/"  # of the Web API
    report_url: str = ""  # where the report is published, if it is: a run's summary links to it
    # of Zendesk; secrets and token may each be secret:<id>: docs/zendesk.md
    zendesk_subdomain: str = ""  # of https://example.zendesk.com the word example
    zendesk_client_id: str = ""  # the identifier of a confidential OAuth client
    zendesk_client_secret: str = ""
    zendesk_email: str = ""  # instead of an OAuth client, of the agent whose API token it is; ends on 2027-04-30
    zendesk_token: str = ""
    zendesk_url: str = ""  # instead of Zendesk's own, for tests
    zendesk_plan: Literal["team", "growth", "professional", "enterprise", "enterprise-plus"] = "team"  # its rate limit
    zendesk_webhook_secret: str = ""  # of the webhook: tickets get drafts where it is set; `zendesk setup` tells it
    zendesk_mode: Literal["draft", "shadow"] = "draft"  # shadow: drafts are compared with what is sent, and not shown
    zendesk_follow_ups: bool = False  # a customer's further comments get drafts too
    zendesk_abstention: Literal["note", "tag"] = "note"  # of a ticket without an answer: a short note, or its tag alone
    zendesk_internal: bool = False  # internal pages that fit are listed beneath a draft, for the agent alone
    zendesk_templates: str = ""  # greeting and sign-off by language: JSON, or a file with it
    zendesk_ignored: str = ""  # tickets that get no draft: JSON of tags, groups, brands, forms, channels; or a file
    zendesk_confidence_field: Annotated[int, msgspec.Meta(ge=0)] = 0  # ids of custom fields; 0: none
    zendesk_answer_field: Annotated[int, msgspec.Meta(ge=0)] = 0
    zendesk_app_secret: str = ""  # of the sidebar app: what it was installed with
    zendesk_ticket_tag: str = ""  # solved tickets with this tag become knowledge; empty: none do
    zendesk_ticket_days: Days = 365  # since a ticket was solved, after which it is knowledge no more
    public_url: str = ""  # https://..., where this bot's API is reached: by Zendesk's webhook, rating links, sidebar
    deliveries: Deliveries = 5  # of a job, after which the queue puts it aside: its redrive policy's maxReceiveCount

    tracing: bool = False  # X-Ray: one subsegment a request, without texts

    def __repr__(self) -> str:
        """What is set, not to what: some of it is secret."""
        defaults = {field.name: field.default for field in msgspec.structs.fields(self)}
        given = (name for name, value in msgspec.structs.asdict(self).items() if value != defaults[name])
        return f"Settings({', '.join(given)})"

    @property
    def uses_aws(self) -> bool:
        """Whether anything here needs AWS credentials."""
        models = (self.answer_model, self.second_model, self.cheaper_model, self.rewrite_model, self.rerank_model)
        signed = self.opensearch_url if self.opensearch_signed else ""
        stores = (signed, self.redis_user, self.table, self.queue_url, self.ingest_queue_url)
        tokens = (self.slack_bot_token, self.slack_signing_secret, self.slack_app_token)
        zendesk = (
            self.zendesk_client_secret,
            self.zendesk_token,
            self.zendesk_webhook_secret,
            self.zendesk_app_secret,
        )
        secrets = (self.api_callers, *tokens, self.slack_client_secret, self.slack_encryption_key, *zendesk)
        named = (self.embedding_model.startswith(BEDROCK), *(stated.startswith(SECRET) for stated in secrets))
        return any((*models, *stores, *named))

    @property
    def kept(self) -> timedelta:
        """How long anything is that a person wrote."""
        return timedelta(days=self.retention)

    @property
    def slack(self) -> bool:
        """Whether anybody is answered in Slack."""
        return bool(self.slack_bot_token or self.slack_client_id)

    @property
    def zendesk(self) -> bool:
        """Whether tickets get drafts."""
        return bool(self.zendesk_webhook_secret)

    @property
    def has_pages(self) -> bool:
        """Whether the query API's function has a channel's pages to serve, whoever may ask by it."""
        return bool(self.zendesk_webhook_secret or self.zendesk_app_secret)

    @property
    def folder(self) -> Path:
        if self.home:
            return _expanded(self.home)
        from platformdirs import user_data_path  # not needed where a home is given

        return user_data_path("supportbot")

    @property
    def engine_parameters(self) -> Mapping[str, object]:
        """Of OpenSearch's engine. Raises MisconfiguredError."""
        try:
            return dict(msgspec.json.decode(self.opensearch_parameters or "{}", type=Parameters))
        except msgspec.DecodeError as error:
            form = 'it reads {"m": 24, "ef_construction": 200}, with ef_search and encoder where the engine has them'
            raise wrong("opensearch_parameters", f"{error}; {form}") from error

    def address(self, name: str) -> SplitResult:
        """The setting `name` as a URL. Raises MisconfiguredError, which does not quote it: it may hold a password."""
        schemes = SCHEMES[name]
        try:
            stated: str = getattr(self, name)
            found = urlsplit(stated)
            fits = found.scheme in schemes and found.port != 0 and _is_host(found.hostname or "", of_aws=name in OF_AWS)
        except ValueError:  # a port that is none, or half an IPv6 address
            fits = False
        if not fits:
            raise wrong(name, f"it reads {FORMS[schemes]}")
        if name not in WITH_PATH and (found.query or found.fragment or found.path not in UNUSED[schemes]):
            raise wrong(name, f"a path, a database or options after the host are not used: it reads {FORMS[schemes]}")
        return found


def load(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Raises MisconfiguredError naming the variable; `given` (a command's options) goes before the environment."""
    names = {field.name for field in msgspec.structs.fields(Settings)}
    stated = {name: environment[PREFIX + name.upper()] for name in names if environment.get(PREFIX + name.upper())}
    region = next((environment[name] for name in REGIONS if environment.get(name)), "")
    from bot.stating import more

    values = (
        {"region": region}
        | more(PREFIX + MORE, environment.get(PREFIX + MORE, ""), names)
        | stated
        | {name: value for name, value in given.items() if value is not None}
    )
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        if not path:
            raise MisconfiguredError(f"a setting is wrong: {reason}") from error
        name = path.rstrip("`")
        raise wrong(name, _form(name, reason)) from error
    from bot.agreeing import check  # it knows this module

    check(settings)
    return settings


def keys(environment: Mapping[str, str] = os.environ) -> tuple[str, str, str] | None:
    """AWS's access key, secret key and session token, where the environment has them, as it does within Lambda."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    key, secret, token = (environment.get(name, "") for name in names)
    return (key, secret, token) if key and secret else None


def _is_host(name: str, *, of_aws: bool) -> bool:
    return ":" in name or (HOST.fullmatch(name) is not None and not (of_aws and "_" in name))


def _expanded(home: str) -> Path:
    try:
        return Path(home).expanduser()
    except RuntimeError as error:
        raise wrong("home", f"{Path(home).parts[0]} is nobody's home here: name a folder, also as --home") from error


def _form(name: str, reason: str) -> str:
    """What a setting is, instead of msgspec's `reason` why its value is not that."""
    kind = get_type_hints(Settings)[name]
    if kind not in FORMS_OF:
        return f"it is one of {', '.join(map(str, get_args(kind)))}" if get_args(kind) else reason
    bound = BOUND.search(reason)
    return f"it is {FORMS_OF[kind]}{f' {BOUNDS[bound[1]]} {float(bound[2]):.10g}' if bound else ''}"


def missing(names: Sequence[str], reason: str) -> MisconfiguredError:
    """`names`: all that are, so that nobody is told of one after the other."""
    *first, last = (f"{PREFIX}{name.upper()}" for name in names)
    named = f"{', '.join(first)} and {last} are" if first else f"{last} is"
    return MisconfiguredError(f"{named} missing: {reason}")


def wrong(name: str, reason: str) -> MisconfiguredError:
    return MisconfiguredError(f"{PREFIX}{name.upper()} is wrong: {reason}")
