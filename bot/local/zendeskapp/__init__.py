"""Zendesk's agent interface as far as an app in a ticket's sidebar sees it, on this machine."""
