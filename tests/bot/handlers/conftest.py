"""The same help center."""

from tests.bot.api.conftest import home, ingested

__all__ = ["home", "ingested"]
