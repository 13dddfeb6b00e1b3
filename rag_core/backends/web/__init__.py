"""A web site as a source of documents: its sitemap says what there is, its robots.txt what may be read."""
