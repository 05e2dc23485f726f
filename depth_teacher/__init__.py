"""Labels composites with depth."""
