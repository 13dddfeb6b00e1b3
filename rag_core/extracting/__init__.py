"""Files in, Markdown out: one format a file."""
