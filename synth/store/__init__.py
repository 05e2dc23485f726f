"""The arrays of a corpus on disk: layout, shards, done marks, the writer lock, depth codes."""
