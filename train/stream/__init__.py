"""Shards become shuffled batches, from a folder or an object store."""
