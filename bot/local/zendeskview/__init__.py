"""The playground's Zendesk: a simulated account with the real app at work in it, on this machine."""
