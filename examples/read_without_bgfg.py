"""Read a corpus by zarr and pyarrow alone.

python examples/read_without_bgfg.py corpus
"""

import sys

import numpy as np
import pyarrow.parquet as pq
import zarr


def main(location: str) -> None:
    """Print a block of images and masks, and the row of its first sample."""
    images, masks = (zarr.open_array(f"{location}/data.zarr/{name}", mode="r") for name in ("image", "mask"))
    placements = images.chunks[0]  # the placements of a cut-out on a background are one chunk
    block, alpha = np.asarray(images[0:placements]), np.asarray(masks[0:placements])
    row = pq.read_table(f"{location}/manifest/samples.parquet").slice(0, 1).to_pylist()[0]
    print(f"{images.shape[0]:,} samples; a block {block.shape} {block.dtype}, its masks {alpha.shape} {alpha.dtype}")
    print(f"sample 0: background {row['background']}, cut-out {row['cutout']}, split {row['split']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
