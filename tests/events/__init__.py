"""What a release writes, on record: by `python -m tests.events.record`, before the release is made."""
