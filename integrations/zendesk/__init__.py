"""Zendesk: where people answer what the documents do not."""
