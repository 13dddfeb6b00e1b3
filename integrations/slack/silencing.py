"""Keep what people write out of the logs: Bolt and the SDK log whole events and requests where the root logs DEBUG."""

import logging


def quiet() -> logging.Logger:
    """The logger that both are given: Bolt copies its level, or else the root's, to each of its own."""
    logger = logging.getLogger("supportbot.slack")
    logger.setLevel(logging.WARNING)
    return logger
