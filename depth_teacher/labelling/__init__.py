"""Depth labels of a corpus, shard by shard."""
