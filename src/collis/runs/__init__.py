"""Carries shards of work to processors and their tables to disk; knows nothing of what is in them."""
