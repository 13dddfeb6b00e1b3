"""A Slack that runs on this machine: the Web API, Events API and Socket Mode, and people who act in it."""
