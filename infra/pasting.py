"""What the channels are to be told of an installation: addresses, and Slack's manifest filled in."""

from pathlib import Path

from infra.accounts import Installation

HOST = "https://api.example.com"  # in manifest.yml


def manifest(text: str, url: str) -> str:
    """For an app that is called at `url` instead of by Socket Mode."""
    return text.replace(HOST, url).replace("socket_mode_enabled: true", "socket_mode_enabled: false")


def addresses(there: Installation, file: Path) -> str:
    lines = [
        f"{there.stage} is there:",
        f"  API                 {there.url}",
        f"  Slack               {there.url}/slack/events  (paste {file} as the app's manifest: docs/slack.md)",
        f"  Zendesk             {there.url}/zendesk/webhook  (`supportbot zendesk setup` connects it: docs/zendesk.md)",
        f"  documents           s3://{there.documents}  (aws s3 sync path/to/help-center s3://{there.documents})",
    ]
    return "\n".join(lines)
