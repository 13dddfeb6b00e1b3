"""The ports' implementations, one technology each."""
