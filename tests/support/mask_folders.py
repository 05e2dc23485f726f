"""Folders of masks in the schemes of values that people have, for tests of how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.train.folders.mask_decision import decide_encoding
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.folders.mask_statistics import measure_mask

SIDE_PX = 48

RED, GREEN, BLUE, BLACK, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (0, 0, 0), (255, 255, 255)


def disc(seed: int, radius_px: int = 14) -> NDArray[np.bool_]:
    """Return where a disc is, at another place for each seed, (SIDE_PX, SIDE_PX)."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    inside: NDArray[np.bool_] = (x - 16 - seed % 16) ** 2 + (y - 20 - seed % 7) ** 2 < radius_px**2
    return inside


def stripes(values: Sequence[int], seed: int, dtype: Any = np.uint8) -> NDArray[Any]:
    """Return eight stripes of values drawn from these, each 6 px high."""
    drawn = np.random.default_rng(seed).choice(values, 8)
    return np.broadcast_to(np.repeat(drawn, 6)[:, None], (SIDE_PX, SIDE_PX)).astype(dtype)


def soft(seed: int, sigma_px: float = 2.0) -> NDArray[np.uint8]:
    """Return a disc with soft edges, 0..255."""
    return np.asarray(cv2.GaussianBlur(disc(seed).astype(np.uint8) * 255, (0, 0), sigma_px), np.uint8)


def photograph(seed: int) -> NDArray[np.uint8]:
    """Return noise of colours, (SIDE_PX, SIDE_PX, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (SIDE_PX, SIDE_PX, 3)).astype(np.uint8)


def palette_of(*colours: Sequence[int]) -> NDArray[np.uint8]:
    """Return a palette of 256 opaque colours, black after those given, (256, 4)."""
    palette = np.zeros((256, 4), np.uint8)
    palette[:, 3] = 255
    palette[: len(colours), :3] = colours
    return palette


def decide(masks: Iterable[LabelPicture | NDArray[Any]], mode: str = "auto", alpha: bool = False) -> MaskEncoding:
    """Return how masks are read that are called 0.png, 1.png ..."""
    pictures = [mask if isinstance(mask, LabelPicture) else LabelPicture(np.asarray(mask)) for mask in masks]
    return decide_encoding({f"{i}.png": measure_mask(each, alpha) for i, each in enumerate(pictures)}, mode, alpha)


def codes_of(encoding: MaskEncoding, mask: LabelPicture | NDArray[Any]) -> NDArray[np.uint8]:
    """Return the codes of a mask."""
    return encoding.decode(mask if isinstance(mask, LabelPicture) else LabelPicture(np.asarray(mask)))


def write_folder(root: Path, count: int, mask: Callable[[int], Image.Image | NDArray[Any]]) -> Path:
    """Write images/N.png, noise, with masks/N.png."""
    for i in range(count):
        made = mask(i)
        for name, image in (("images", Image.fromarray(photograph(i))), ("masks", made)):
            (root / name).mkdir(parents=True, exist_ok=True)
            picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
            picture.save(root / name / f"{i}.png")
    return root
