"""OpenSearch Serverless before a real node: what it refuses is refused, what is written is seen later."""
