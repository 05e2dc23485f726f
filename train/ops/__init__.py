"""Resizing, devices, and people found one by one: what several rooms of train need."""
