"""Resizing, devices, and detected instances: what several rooms of train need."""
