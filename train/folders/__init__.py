"""Folders of images and masks: discovery, meaning of mask values, splits, batches."""
