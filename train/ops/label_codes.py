"""Codes of classes: what targets, folders and pictures of classes agree on. Needs no PyTorch."""

from __future__ import annotations

# Code of pixels whose class isn't known, or that are to count nowhere: the void of PASCAL VOC.
IGNORE_INDEX = 255

# Codes are uint8 and one of them is IGNORE_INDEX.
MAX_CLASSES = 255
