"""Assets: pictures of folders prepared for a corpus, with their classes, cameras, near-duplicates and remarks."""
