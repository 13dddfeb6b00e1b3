"""ApplyGuardrail, and what guardrailConfig does to a conversation.

A guardrail intervenes at `Settings.blocked_words`; any identifier names one.
"""

from typing import Any

from tests.fakes.bedrock.settings import Settings

BLOCKED = "Sorry, the model cannot answer this question."
_UNITS = (
    "topicPolicyUnits", "contentPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits",
)  # fmt: skip


def found(text: str, settings: Settings) -> list[str]:
    return [word for word in settings.blocked_words if word.lower() in text.lower()]


def apply(body: dict[str, Any], settings: Settings) -> dict[str, Any]:
    said = " ".join(block.get("text", {}).get("text", "") for block in body["content"])
    words = found(said, settings)
    custom = [{"match": word, "action": "BLOCKED", "detected": True} for word in words]
    return {
        "usage": {**dict.fromkeys(_UNITS, 0), "wordPolicyUnits": 1},
        "action": "GUARDRAIL_INTERVENED" if words else "NONE",
        "outputs": [{"text": BLOCKED}] if words else [],
        "assessments": [{"wordPolicy": {"customWords": custom, "managedWordLists": []}}] if words else [],
    }
