"""The index on one machine: SQLite as the book of record, tantivy and a matrix derived from it."""
