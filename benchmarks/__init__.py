"""What `make bench` runs: bgfg and named peers measured in the same run on the same machine."""
