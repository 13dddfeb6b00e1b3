"""A Zendesk at wire level, that real zenpy talks to over HTTP: see zendesk.py."""
