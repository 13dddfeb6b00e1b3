"""A stub of an OpenSearch node that answers after a delay: for benchmarks of the client, of no use for its quality."""
