"""An ingestion by many workers: planned, read document by document, built part by part, made visible at once.

Each step is a job that may be delivered again, after its worker was killed at any of its writes: what it writes is the
same, or is found to be there. Whoever counts the last unit of a stage sends the next one.
"""
