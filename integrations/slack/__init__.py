"""Slack: a person asks where they work, and is answered there."""
