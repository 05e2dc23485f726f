"""What a corpus looks like: pages of thumbnails, single samples, statistics of pixels, findings with their pictures."""
