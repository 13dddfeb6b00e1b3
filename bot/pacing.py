"""The budget of this process, which it shares with all others where there is a Redis.

One a process, whoever asks for it: its own buckets hold while Redis is away, and alone where there is none.
"""

from functools import cache
from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from rag_core.ports import Budget


@cache
def budget(settings: Settings) -> "Budget":
    from rag_core.backends.memory import MemoryBudget

    if not settings.redis_url:
        return MemoryBudget()
    from bot import aws

    return aws.budget(settings, MemoryBudget())
