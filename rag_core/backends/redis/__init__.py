"""The cache on Redis and Valkey: one node, a cluster, or ElastiCache Serverless."""
