"""The playground's Slack: a simulated workspace with the real app at work in it, on this machine."""
