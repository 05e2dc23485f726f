"""Places: where a corpus, or what is made of it, lies; in a folder, or under a URL."""
