"""The bot on one machine: the playground page and the report page."""
