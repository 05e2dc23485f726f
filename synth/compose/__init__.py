"""Composing: alpha blending, recipes of shards and blocks, and the executor that makes shards on all cores."""
