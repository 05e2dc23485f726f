"""Scenes: a seed and a number become an office room, a home or a place outdoors."""
