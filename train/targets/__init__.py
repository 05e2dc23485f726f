"""What the networks learn. One file per target: encode, loss, decode and scores side by side."""
