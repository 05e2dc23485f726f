"""Reports of corpora and runs: one HTML file each that needs no server, no script and nothing from elsewhere."""
