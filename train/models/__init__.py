"""The networks: two shots in, a mask and a depth map out. One file per family; `catalogue` builds them by name."""
