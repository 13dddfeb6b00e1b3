"""Whether Zendesk was reached at all, where a call had no response.

What never left this machine may be sent again, and a wrong name never gets better by waiting.
"""

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from integrations.zendesk.addressing import Site
from rag_core.errors import UnavailableError


class UnreachedError(UnavailableError):
    """No connection was made, so nothing was sent."""


def unreached(error: Exception, site: Site) -> UnreachedError | None:
    """What is said where no connection was made; None where one was, and then the call may have arrived."""
    if not (isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or _is_refused(error)):
        return None
    return UnreachedError(
        f"{site.netloc} cannot be reached ({type(error).__name__}): check SUPPORTBOT_ZENDESK_SUBDOMAIN, and the network"
    )


def _is_refused(error: Exception) -> bool:
    """The name is not known, or nothing listens there: requests has one name for that and for much else."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
