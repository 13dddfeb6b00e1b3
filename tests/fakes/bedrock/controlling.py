"""The control plane, as far as a command that checks an installation needs it.

GetFoundationModel, ListFoundationModels, GetInferenceProfile, ListInferenceProfiles.
"""

from typing import Any

from tests.fakes.bedrock.catalogue import ACCOUNT, MODELS, Model, bare, model_arn, profiles
from tests.fakes.bedrock.refusal import Refusal, invalid

_BORN = "2026-06-01T00:00:00Z"


def foundation_model(identifier: str, region: str) -> dict[str, Any]:
    model = MODELS.get(bare(identifier))
    if model is None or region in model.absent_from:
        raise Refusal("ResourceNotFoundException", "Could not resolve the foundation model from the model identifier.")
    return {"modelDetails": _details(model, region)}


def foundation_models(region: str, query: dict[str, str]) -> dict[str, Any]:
    found = [_details(model, region) for model in MODELS.values() if region not in model.absent_from]
    provider, output = query.get("byProvider"), query.get("byOutputModality")
    found = [one for one in found if provider in (None, one["providerName"])]
    return {"modelSummaries": [one for one in found if output is None or output in one["outputModalities"]]}


def inference_profile(identifier: str, region: str) -> dict[str, Any]:
    offered = profiles(region)
    if bare(identifier) not in offered:
        raise Refusal("ResourceNotFoundException", "The specified inference profile was not found.")
    return _profile(bare(identifier), region, *offered[bare(identifier)])


def inference_profiles(region: str, query: dict[str, str]) -> dict[str, Any]:
    if query.get("type", "SYSTEM_DEFINED") != "SYSTEM_DEFINED":
        return {"inferenceProfileSummaries": []}
    found = [_profile(name, region, *offered) for name, offered in profiles(region).items()]
    try:
        start, size = int(query.get("nextToken", 0)), int(query.get("maxResults", 1000))
    except ValueError:
        raise invalid("The next token is invalid.") from None
    more = {"nextToken": str(start + size)} if start + size < len(found) else {}
    return {"inferenceProfileSummaries": found[start : start + size], **more}


def _details(model: Model, region: str) -> dict[str, Any]:
    return {
        "modelArn": model_arn(model, region),
        "modelId": model.id,
        "modelName": model.name,
        "providerName": model.provider,
        "inputModalities": ["TEXT"],
        "outputModalities": ["EMBEDDING" if model.kind in ("cohere", "titan") else "TEXT"],
        "responseStreamingSupported": model.kind == "chat",
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"] if model.on_demand else [],
        "modelLifecycle": {"status": "ACTIVE", "startOfLifeTime": _BORN},
    }


def _profile(name: str, region: str, model: Model, arns: list[str]) -> dict[str, Any]:
    return {
        "inferenceProfileName": f"{name.partition('.')[0].upper()} {model.provider} {model.name}".replace(".", "-"),
        "description": f"Routes requests to {model.name}",
        "createdAt": _BORN,
        "updatedAt": _BORN,
        "inferenceProfileArn": f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{name}",
        "models": [{"modelArn": arn} for arn in arns],
        "inferenceProfileId": name,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
