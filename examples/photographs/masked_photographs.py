"""Lay out photographs with masks of everybody on them, for `bgfg train --mix`.

    python -m examples.photographs.masked_photographs photos mix

They are the photographs that `outlined_people` cuts people out of, but for the few where somebody isn't outlined, and
those that `mistaken.json` lists: of all on which nobody is, the hundred in which the network `person` found most after
its second training. Images go to `mix/images`, masks to `mix/masks`.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_png
from examples.photographs.outlined_people import FOUND, held_out, matte, read_outlines

MISTAKEN = Path(__file__).with_name("mistaken.json")
# Somebody else is on these, far away or behind glass.
NOT_EVERYBODY = frozenset(
    {
        "00d343d4a829121c",
        "0ca09360855f2b45",
        "0ca88a8d6927a8db",
        "0e4d682bd3970dc1",
        "2eedacb1aea229c6",
        "8c403c2bca23f224",
    }
)


def mistaken_files(photos: Path) -> list[Path]:
    """Return the photographs on which nobody is, and somebody was found."""
    return [photos / name for name in json.loads(MISTAKEN.read_text(encoding="utf-8"))]


def masked(photos: Path) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    """Yield the photographs with their masks (H, W) uint8, 255 where somebody is and 0 elsewhere."""
    for name, outline in {**read_outlines(), **read_outlines(FOUND)}.items():
        if name not in NOT_EVERYBODY | held_out():
            file = photos / "open_images" / f"{name}.jpg"
            yield file, np.where(matte(read_rgb(file), outline) >= 0.5, 255, 0).astype(np.uint8)
    for file in mistaken_files(photos):
        yield file, np.zeros(read_rgb(file).shape[:2], np.uint8)


def main(photos: str, mix: str) -> None:
    """Write them."""
    images, masks = Path(mix) / "images", Path(mix) / "masks"
    for folder in (images, masks):
        folder.mkdir(parents=True, exist_ok=True)
    for file, mask in masked(Path(photos)):
        shutil.copyfile(file, images / file.name)
        save_png(mask, masks / f"{file.stem}.png")
    print(f"{mix}: {sum(1 for _ in images.iterdir())} photographs")


if __name__ == "__main__":
    main(*sys.argv[1:])
