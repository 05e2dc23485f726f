"""The peers of `bgfg export`: plain loops, each with a library's own writer.

Samples come to them decoded, by bgfg's own reader, a block at a time; PNG is written at its fastest level. Both are in
their favour.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from bgfg.synth.export.encode import depth_table
from bgfg.synth.export.source import Source
from bgfg.synth.store.store import Corpus
from numpy.typing import NDArray
from PIL import Image

QUALITY = 95


@dataclass(frozen=True)
class Sample:
    """One sample, decoded: image (H, W, 3) uint8, mask (H, W) uint8, depth (H, W) uint8 or uint16 as exported."""

    name: str
    row: dict[str, Any]
    image: NDArray
    mask: NDArray
    depth: NDArray


@dataclass(frozen=True)
class Loop:
    """What one process of a peer writes: the samples start..stop-1 of a corpus, into a folder of its own."""

    corpus: Path
    start: int
    stop: int
    folder: Path
    depth_bits: int

    def samples(self) -> Iterator[Sample]:
        """Yield the samples, read by bgfg's own reader, a block at a time: in the peer's favour."""
        corpus = Corpus(self.corpus)
        source = Source(corpus, True, {"image": "jpeg", "mask": "png", "depth": "png", "bg": "jpeg"})
        table = depth_table(corpus.depth_code(), self.depth_bits)
        for block in source.blocks(np.arange(self.start, self.stop)):
            rows = source.rows(block.samples)
            for i, sample in enumerate(block.samples):
                image = np.ascontiguousarray(block.images[i])
                name = source.name("image", sample).removesuffix(".jpeg")
                yield Sample(name, rows[i], image, block.masks[i], table[block.depth[i]])


def encoded(pixels: NDArray, kind: str) -> bytes:
    """Encode pixels as JPEG or PNG by Pillow; PNG at its fastest level, in the peer's favour."""
    stream = BytesIO()
    options: dict[str, int] = {"quality": QUALITY} if kind == "JPEG" else {"compress_level": 1}
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def pictures(sample: Sample) -> dict[str, bytes]:
    """Return the files of one sample, by the names that tell what they are."""
    depth_kind = "PNG" if sample.depth.dtype == np.uint16 else "JPEG"
    return {
        "image.jpeg": encoded(sample.image, "JPEG"),
        "mask.png": encoded(sample.mask, "PNG"),
        f"depth.{depth_kind.lower()}": encoded(sample.depth, depth_kind),
    }


def write_folder(loop: Loop) -> None:
    """Files, by Pillow's `save`."""
    for sample in loop.samples():
        Image.fromarray(sample.image).save(loop.folder / f"{sample.name}.jpeg", quality=QUALITY)
        Image.fromarray(sample.mask).save(loop.folder / f"{sample.name}_mask.png", compress_level=1)
        depth_file = loop.folder / f"{sample.name}_depth.{'png' if loop.depth_bits == 16 else 'jpeg'}"
        Image.fromarray(sample.depth).save(depth_file, quality=QUALITY, compress_level=1)


def write_files_by_opencv(loop: Loop) -> None:
    """Files, by OpenCV's `imwrite` with its own defaults."""
    import cv2

    for sample in loop.samples():
        image = cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(loop.folder / f"{sample.name}.jpeg"), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        cv2.imwrite(str(loop.folder / f"{sample.name}_mask.png"), sample.mask)
        suffix = "png" if loop.depth_bits == 16 else "jpeg"
        cv2.imwrite(str(loop.folder / f"{sample.name}_depth.{suffix}"), sample.depth)


def write_zip(loop: Loop) -> None:
    """Members of one zip, stored, by `zipfile`."""
    with zipfile.ZipFile(loop.folder / "pack.zip", "w") as pack:
        for sample in loop.samples():
            for name, data in pictures(sample).items():
                pack.writestr(f"{name.partition('.')[0]}/{sample.name}.{name.partition('.')[2]}", data)


def write_webdataset(loop: Loop) -> None:
    """Tar shards of 2,000 samples, by webdataset's `ShardWriter`."""
    import webdataset

    with webdataset.ShardWriter(str(loop.folder / "train-%06d.tar"), maxcount=2_000, verbose=0) as writer:
        for sample in loop.samples():
            writer.write({"__key__": sample.name, "json": sample.row} | pictures(sample))


def write_coco(loop: Loop) -> None:
    """Images and depth maps by Pillow's `save`, masks by pycocotools, one JSON."""
    from pycocotools import mask as coco_mask

    annotations: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for sample in loop.samples():
        number = sample.row["sample"] + 1
        files = pictures(sample)
        del files["mask.png"]
        for name, data in files.items():
            (loop.folder / f"{sample.name}.{name}").write_bytes(data)
        rle = coco_mask.encode(np.asfortranarray(sample.mask >= 128).view(np.uint8))
        box, area = coco_mask.toBbox(rle).tolist(), int(coco_mask.area(rle))
        rle["counts"] = rle["counts"].decode("ascii")
        images.append({"id": number, "file_name": f"{sample.name}.jpeg"})
        annotations.append({"id": number, "image_id": number, "segmentation": rle, "bbox": box, "area": area})
    (loop.folder / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations}))


def write_hdf5(loop: Loop) -> None:
    """Gzipped datasets, a picture a chunk, by h5py; a file a process, since HDF5 takes one writer."""
    import h5py

    count = loop.stop - loop.start
    with h5py.File(loop.folder / "samples.h5", "w") as file:
        for n, sample in enumerate(loop.samples()):
            for name, pixels in (("image", sample.image), ("mask", sample.mask), ("depth", sample.depth)):
                if n == 0:
                    shape = (count, *pixels.shape)
                    file.create_dataset(name, shape, pixels.dtype, chunks=(1, *pixels.shape), compression="gzip")
                file[name][n] = pixels


def write_parquet(loop: Loop) -> None:
    """Image features, by `datasets`: from a generator, then to Parquet."""
    import datasets

    datasets.disable_progress_bars()

    def rows() -> Iterator[dict[str, Any]]:
        for sample in loop.samples():
            files = {name.partition(".")[0]: {"bytes": data, "path": None} for name, data in pictures(sample).items()}
            yield sample.row | files

    values = {"flipped": "bool", "split": "string"}
    columns = ["sample", "background", "cutout", "flipped", "placement", "x_px", "y_px", "width_px", "height_px",
               "visible_px", "split"]  # fmt: skip
    features: dict[str, Any] = {name: datasets.Value(values.get(name, "int32")) for name in columns}
    features |= {name: datasets.Image() for name in ("image", "mask", "depth")}
    made = datasets.Dataset.from_generator(
        rows, features=datasets.Features(features), cache_dir=str(loop.folder / "cache")
    )
    made.to_parquet(str(loop.folder / "train.parquet"))


@dataclass(frozen=True)
class Peer:
    """A plain loop, for which way out, with which library beyond those that bgfg itself needs."""

    way: str
    write: Callable[[Loop], None]
    library: str | None = None


PEERS = {
    "Pillow loop": Peer("folder", write_folder),
    "OpenCV loop": Peer("folder", write_files_by_opencv),
    "zipfile loop": Peer("zips", write_zip),
    "webdataset loop": Peer("webdataset", write_webdataset, "webdataset"),
    "pycocotools loop": Peer("coco", write_coco, "pycocotools"),
    "h5py loop": Peer("hdf5", write_hdf5),
    "datasets loop": Peer("parquet", write_parquet, "datasets"),
}


def main(peer: str, corpus: str, start: str, stop: str, folder: str, depth_bits: str) -> None:
    """Let one process of a peer write its samples."""
    loop = Loop(Path(corpus), int(start), int(stop), Path(folder), int(depth_bits))
    loop.folder.mkdir(parents=True)
    PEERS[peer].write(loop)


if __name__ == "__main__":
    main(*sys.argv[1:])
