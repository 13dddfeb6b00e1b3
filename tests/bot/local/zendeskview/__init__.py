"""The playground's Zendesk page."""
