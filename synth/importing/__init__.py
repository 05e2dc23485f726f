"""Importing: foreign pictures become a corpus, decoded once, shard by shard, and never composed."""
