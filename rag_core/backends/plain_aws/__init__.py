"""AWS without boto3, for a function that must be up at once: importing that takes longer than a channel waits."""
