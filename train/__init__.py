"""Learns from the shards: streams them, trains networks for mask and depth, and tests them on what they never saw."""
