"""Keep what people write, and tokens, out of the logs: Bolt and the SDK log whole events where the root logs DEBUG.

The SDK also logs the beginning of a response that it cannot read, as an error: a token, or what a customer wrote. What
fails is raised as well, and told by us in our own words.
"""

import logging


def quiet() -> logging.Logger:
    """The logger that both are given: Bolt copies its level, or else the root's, to each of its own."""
    logger = logging.getLogger("supportbot.slack")
    logger.setLevel(logging.CRITICAL)
    return logger


def wordless(name: str) -> logging.Logger:
    """For what raises nothing, since it lives in threads of the SDK's: that something went wrong, and where."""
    logger = quiet().getChild(name)
    logger.setLevel(logging.WARNING)
    if not any(isinstance(each, _Wordless) for each in logger.filters):
        logger.addFilter(_Wordless())
    return logger


class _Wordless(logging.Filter):
    """Leaves of a record where it was made and the kind of the exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        record.msg = "Slack's SDK had trouble in %s (%s)"
        record.args = (record.funcName, kind.__name__ if kind else "-")
        record.exc_info = record.exc_text = record.stack_info = None
        return True
