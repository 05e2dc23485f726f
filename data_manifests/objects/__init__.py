"""Object stores: what lies under a URL is read, written and held as a folder on disk is."""
