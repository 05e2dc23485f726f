"""Augmentation of training samples, and stress tests: how real shots differ from composites and from one another."""
