"""Pictures of predicted classes in the values that the masks had in training, and the legend beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.images.image_writing import save_palette_png, save_png, save_wide_png
from bgfg.train.inference.destinations import LEGEND_FILE, PREDICTED
from bgfg.train.models.model_card import ModelCard

Legend = Sequence[Mapping[str, Any]]


def save_classes(codes: NDArray[np.uint8], legend: Legend, path: Path, origin: Origin | None = None) -> None:
    """Write the picture of classes as PNG, in the values that a model's masks had.

    Grey levels are 8 bits, or 16 where a value is above 255; palette indices come with their palette; colours are RGB,
    or RGBA where a class is transparent. Without a legend, codes are written.

    Args:
        codes: Code of each pixel, (H, W) uint8.
        legend: The classes of the model's card, in the order of their codes.
        path: The file.
        origin: What made it, which the file is to say.
    """
    values = [entry.get("value", code) for code, entry in enumerate(legend)]
    if any(isinstance(value, str) for value in values):
        colours = np.array([_rgba(value) for value in values], np.uint8)
        save_png(colours[codes] if "transparent" in values else colours[codes][..., :3], path, origin=origin)
    elif max(values, default=0) > 255:
        save_wide_png(np.array(values, np.uint16)[codes], path, origin)
    else:
        numbers = np.array(values, np.uint8)[codes] if values else codes
        palette = _palette(legend, values)
        save = save_png if palette is None else partial(save_palette_png, palette=palette)
        save(numbers, path=path, origin=origin)


def write_legend(card: ModelCard, folder: Path, origin: Origin = PREDICTED) -> None:
    """Write what the values in pictures of classes stand for into a folder; nothing for a model without classes."""
    if not card.classes:
        return
    content = {ORIGIN_KEY: str(origin), "masks": card.masks, "classes": list(card.classes)}
    replace_text(folder / LEGEND_FILE, json.dumps(content, indent=1) + "\n")


def _palette(legend: Legend, values: Sequence[int]) -> NDArray[np.uint8] | None:
    """Return the colours of indices, (256, 3); None where the masks had no palette."""
    if not any("colour" in entry for entry in legend):
        return None
    palette = np.zeros((256, 3), np.uint8)
    for entry, value in zip(legend, values, strict=True):
        palette[value] = _rgba(entry.get("colour", "#000000"))[:3]
    return palette


def _rgba(value: str) -> list[int]:
    if value == "transparent":
        return [0, 0, 0, 0]
    return [*bytes.fromhex(value.removeprefix("#")), 255]
