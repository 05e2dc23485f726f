"""Guess the depth of photographs by the compact teacher, as a mean of several looks at each.

    python -m examples.photographs.guessed_depth compact.safetensors plain 128 160

compact.safetensors: the teacher's weights, its ONNX file beside them. plain: the folder that holds `images/`, the
photographs; gets `depth/`, 16-bit millimetres at their size, for `bgfg plan --bg-depth`, and for `bgfg import plain`
also `masks/` of nobody, where there are none. Each photograph is looked at with its shorter side brought to each of
these sizes, and mirrored too; the mean is taken of the logarithm of depth. One look errs more: a network that is
trained on the mean of several learns what they agree on.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_depth_png, save_png
from bgfg.data_manifests.images.listing import list_folders
from bgfg.depth_teacher.labelling.depth_maps import metres_to_millimetres
from bgfg.depth_teacher.teachers.compact import STRIDE_PX, OnnxRunner, decode_depth, resize_batch
from bgfg.depth_teacher.teachers.compact_weights import CompactMetadata, open_weights_pair


def mean_depth(
    rgb: NDArray[np.uint8], sides_px: Sequence[int], runner: OnnxRunner, metadata: CompactMetadata
) -> NDArray[np.float32]:
    """Return the mean, in the logarithm, of what a network sees in a picture and in its mirror image.

    Args:
        rgb: The picture, (H, W, 3).
        sides_px: What its shorter side is brought to; the longer one in proportion, rounded up.
        runner: Runs the network.
        metadata: Says how its outputs stand for metres.

    Returns:
        Depth in metres, (H, W).
    """
    height_px, width_px = size_px = rgb.shape[:2]
    unit = STRIDE_PX * min(size_px)
    looks = []
    for side_px in sides_px:
        small = resize_batch(rgb[None], (_strides(height_px * side_px, unit), _strides(width_px * side_px, unit)))
        for plain, picture in ((True, small), (False, np.ascontiguousarray(small[:, :, ::-1]))):
            raw = next(runner.predict_batches([picture]))
            seen = decode_depth(np.ascontiguousarray(raw if plain else raw[:, :, ::-1]), size_px, metadata)
            looks.append(np.log(seen[0]))
    return np.asarray(np.exp(np.mean(looks, axis=0)), np.float32)


def _strides(extent: int, unit: int) -> int:
    return STRIDE_PX * -(-extent // unit)


def main(weights: str, folder: str, *sides_px: str) -> None:
    """Write the depth of every photograph, and masks of nobody where there are none."""
    pair = open_weights_pair(Path(weights))
    runner = OnnxRunner(pair, None)
    depth, masks = Path(folder) / "depth", Path(folder) / "masks"
    bare = not masks.exists()
    for made in (depth, masks):
        made.mkdir(exist_ok=True)
    (files,), _ = list_folders([("FOLDER", Path(folder) / "images")])
    for file in files:
        rgb = read_rgb(file)
        depth_m = mean_depth(rgb, [int(side) for side in sides_px], runner, pair.metadata)
        save_depth_png(metres_to_millimetres(depth_m), depth / f"{file.stem}.png")
        if bare:
            save_png(np.zeros(rgb.shape[:2], np.uint8), masks / f"{file.stem}.png")
    print(f"{folder}: depth of {len(files)} photographs")


if __name__ == "__main__":
    main(*sys.argv[1:])
