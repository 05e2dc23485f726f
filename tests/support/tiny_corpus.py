"""Sizes of the corpus that the fixtures of conftest.py make.

Height and width of a picture, height of a cut-out, numbers of backgrounds and cut-outs, placements of each pair.
"""

from __future__ import annotations

H, W, CUTOUT_HEIGHT, B, C, K = 13, 17, 7, 3, 2, 4
