"""Planning a corpus: folders of pictures and options become prepared arrays and a manifest."""
