"""A corpus held to what it must be: stored bytes, plan, instances, audit, status."""
