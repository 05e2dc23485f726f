"""Training targets: one file each, with its encoding, loss, decoding and scores side by side."""
