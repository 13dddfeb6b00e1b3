"""The core: documents in, cited answers out. Knows no channel and no Lambda."""
