"""A Zendesk that runs on this machine, at wire level: real zenpy talks to it over HTTP. See account.py."""
