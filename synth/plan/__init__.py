"""A plan put on disk, from options that are checked at the door."""
