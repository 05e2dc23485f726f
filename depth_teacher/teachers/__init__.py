"""Depth teachers: what one is, and each of them."""
