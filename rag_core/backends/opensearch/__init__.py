"""The index on OpenSearch: Serverless of both generations, a provisioned domain or a node of one's own."""
