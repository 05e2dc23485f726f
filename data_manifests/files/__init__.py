"""Files on disk: atomic writing and checksums."""
