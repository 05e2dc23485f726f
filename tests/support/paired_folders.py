"""Small folders of images and masks for the tests: of each layout, a disc on a ground of another colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

H, W = 13, 17


def disc(seed: int, height_px: int = H, width_px: int = W) -> NDArray[np.bool_]:
    """Return where the disc of a picture is, (h, w)."""
    y, x = np.mgrid[:height_px, :width_px]
    cy, cx = 0.4 + 0.05 * (seed % 5), 0.35 + 0.07 * (seed % 4)
    inside: NDArray[np.bool_] = np.hypot((y + 0.5) / height_px - cy, (x + 0.5) / width_px - cx) < 0.3
    return inside


def picture(seed: int, height_px: int = H, width_px: int = W) -> NDArray[np.uint8]:
    """Return a picture of the disc, (h, w, 3)."""
    draw = np.random.default_rng(seed)
    ground = draw.integers(0, 60, (height_px, width_px, 3))
    ground[disc(seed, height_px, width_px)] += (170, 120, 30)
    return ground.astype(np.uint8)


def save(pixels: NDArray, path: Path) -> Path:
    """Write a picture of any mode, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def make_plain(root: Path, count: int = 10, height_px: int = H, width_px: int = W) -> Path:
    """Write images/N.png with masks/N.png, 0 and 255."""
    for i in range(count):
        save(picture(i, height_px, width_px), root / f"images/{i}.png")
        save(disc(i, height_px, width_px).astype(np.uint8) * 255, root / f"masks/{i}.png")
    return root


def trimap(seed: int) -> NDArray[np.uint8]:
    """Return 1 for the disc, 3 for its outline, 2 elsewhere."""
    inside = disc(seed)
    rim = np.zeros_like(inside)
    rim[1:-1, 1:-1] = inside[1:-1, 1:-1] & ~(
        inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    )
    return np.where(rim, 3, np.where(inside, 1, 2)).astype(np.uint8)


def make_pets(root: Path, trained: int = 8, tested: int = 3) -> Path:
    """Write Oxford-IIIT Pets as its authors' archives unpack, with the leftovers that are in them."""
    names = [f"Abyssinian_{i}" if i % 2 else f"beagle_{i}" for i in range(trained + tested)]
    for i, name in enumerate(names):
        save(picture(i), root / f"images/{name}.jpg")
        save(trimap(i), root / f"annotations/trimaps/{name}.png")
    (root / "annotations/trimaps/._Abyssinian_1.png").write_bytes(b"\0\5\26\7")
    (root / "images/Abyssinian_1.mat").write_bytes(b"MATLAB")
    head = "#Image CLASS-ID SPECIES BREED ID\n"
    for list_, chosen in (("trainval", names[:trained]), ("test", names[trained:]), ("list", names)):
        lines = "".join(f"{name} 1 1 1\n" for name in chosen)
        (root / f"annotations/{list_}.txt").write_text((head if list_ == "list" else "") + lines, encoding="utf-8")
    return root


def make_aisegment(root: Path, clips: int = 5, frames: int = 3) -> Path:
    """Write AISegment's clips as they unpack: mattes are RGBA, soft at the edge, black where nothing is."""
    for clip in range(clips):
        day, number = f"18031518{clip % 2:02}", f"{clip:08}"
        for frame in range(frames):
            seed = clip * frames + frame
            name = f"{day}-{seed:08}"
            save(picture(seed), root / f"clip_img/{day}/clip_{number}/{name}.jpg")
            alpha = disc(seed) * 255
            alpha[0, 0] = 77
            rgba = np.dstack([picture(seed) * (alpha[..., None] > 0), alpha]).astype(np.uint8)
            save(rgba, root / f"matting/{day}/matting_{number}/{name}.png")
    (root / "matting/1803151800/matting_00000000/._left.png").write_bytes(b"\0")
    return root
