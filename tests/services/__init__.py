"""Real parts for the tests: each starts once a session, on this machine only, and ends with it."""
