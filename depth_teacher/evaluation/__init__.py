"""Depth teachers scored against measured depth."""
