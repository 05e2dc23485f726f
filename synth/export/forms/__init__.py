"""The forms that a corpus is exported in: files, packs, and what other libraries read; one file a form."""
