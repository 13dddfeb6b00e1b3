"""The query API: what a request may say, who may say it, and what comes back."""
