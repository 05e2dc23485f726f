"""Folders of images and masks: discovery of pairs, encoding of masks, splits, batches."""
