"""Streams of a corpus: shuffled batches from its shards, in a folder or an object store."""
