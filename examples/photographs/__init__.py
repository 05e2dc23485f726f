"""Photographs made into folders that `bgfg plan` takes; each script says how it is called."""
