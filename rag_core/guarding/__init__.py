"""The last check on every text that leaves the product, whatever wrote it.

A model may have been talked into anything: links, pictures, mentions and secrets are decided here, by rules alone.
"""
