"""Ways out of a corpus: files, packs and the forms that other libraries read; one file per way."""
