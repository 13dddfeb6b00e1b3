"""A wire-level fake of Amazon Bedrock: an HTTP server on 127.0.0.1 that the real boto3 talks to.

`fake.BedrockFake` runs in this process, for tests; `process.BedrockProcess` in its own, for benchmarks.
"""
