"""Which models and inference profiles exist, and what each of them takes.

From shared/facts/aws.md (2026-11). Whether a 5.5 model answers by its bare id is not known: see Settings.profiles_only.
"""

import re
from dataclasses import dataclass
from typing import Literal

from tests.fakes.bedrock.refusal import Refusal, invalid
from tests.fakes.bedrock.settings import Settings

Kind = Literal["chat", "cohere", "titan", "rerank"]
ACCOUNT = "123456789012"
_EVERYWHERE = ("us", "eu", "jp", "au", "global")
_REGIONS = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-central-1", "eu-west-1", "eu-west-3", "eu-north-1"),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "global": (),  # every region
}


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    name: str
    kind: Kind
    profiles: tuple[str, ...] = ()
    on_demand: bool = True
    sampling: bool = False  # takes temperature, top_p, top_k
    prefill: bool = False
    forced_tool: bool = True
    cache_from: int = 512  # tokens: a shorter prefix is not cached
    absent_from: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        return {"anthropic": "Anthropic", "cohere": "Cohere"}.get(self.id.split(".")[0], "Amazon")


MODELS = {
    model.id: model
    for model in (
        Model("anthropic.claude-haiku-5-5", "Claude Haiku 5.5", "chat", _EVERYWHERE),
        Model("anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5", "chat", _EVERYWHERE, forced_tool=False),
        Model("anthropic.claude-opus-5-5", "Claude Opus 5.5", "chat", _EVERYWHERE),
        Model(
            "anthropic.claude-haiku-4-5-20251001-v1:0",
            "Claude Haiku 4.5",
            "chat",
            _EVERYWHERE,
            on_demand=False,
            sampling=True,
            prefill=True,
            cache_from=4096,
        ),
        Model("cohere.embed-v4:0", "Embed v4", "cohere", ("us", "eu", "global")),
        Model("amazon.titan-embed-text-v2:0", "Titan Embeddings V2", "titan"),
        Model("cohere.rerank-v3-5:0", "Rerank 3.5", "rerank"),
        Model("amazon.rerank-v1:0", "Rerank 1.0", "rerank", absent_from=("us-east-1",)),
    )
}
RETIRED = ("anthropic.claude-3-sonnet-20240229-v1:0",)

_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:([a-z0-9-]*):(\d{12})?:(foundation-model|inference-profile)/(.+)")


def bare(identifier: str) -> str:
    """The id in an ARN, or the identifier itself."""
    arn = _ARN.fullmatch(identifier)
    return arn.group(4) if arn else identifier


def resolve(identifier: str, region: str, settings: Settings) -> Model:
    """The model that an id, a profile's id or the ARN of either means in a region; Refusal if none."""
    wanted = bare(identifier)
    prefix, _, rest = wanted.partition(".")
    base = rest if prefix in _REGIONS else wanted
    if base in RETIRED:
        raise Refusal("ResourceNotFoundException", "This model version has reached the end of its life.")
    model = MODELS.get(base)
    if model is None or region in model.absent_from:
        raise invalid("The provided model identifier is invalid.")
    if base != wanted:
        if prefix not in model.profiles or region not in (_REGIONS[prefix] or (region,)):
            raise invalid("The provided model identifier is invalid.")
    elif not model.on_demand or (settings.profiles_only and model.kind == "chat"):
        raise invalid(
            f"Invocation of model ID {wanted} with on-demand throughput isn’t supported. Retry your request with "
            "the ID or ARN of an inference profile that contains this model."
        )
    return model


def model_arn(model: Model, region: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model.id}"


def profiles(region: str) -> dict[str, tuple[Model, list[str]]]:
    """The inference profiles a region offers: by id, the model and the ARNs it is routed to."""
    found: dict[str, tuple[Model, list[str]]] = {}
    for model in MODELS.values():
        for prefix in model.profiles:
            regions = _REGIONS[prefix] or ("", region)  # a global profile names its model once without a region
            if region in regions:
                found[f"{prefix}.{model.id}"] = (model, [model_arn(model, routed) for routed in regions])
    return found
