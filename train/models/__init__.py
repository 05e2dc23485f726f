"""The networks: one shot or two in, maps out. One file per family; `catalogue` builds them by name."""
