"""What one machine keeps in SQLite files of its home."""
