"""Speed, memory and quality, measured: `make bench`. Nothing here is a test; no figure fails a build."""
