"""Learns from the shards. The trainer's own work is still to come; the extra `[train]` already names what it needs."""
