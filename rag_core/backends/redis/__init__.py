"""The cache and the budget on Redis and Valkey: one node, a cluster, or ElastiCache Serverless."""
