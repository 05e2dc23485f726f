"""The arrays on disk: layout, shards, done marks, the lock, depth codes."""
