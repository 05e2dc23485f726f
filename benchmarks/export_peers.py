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
from numpy.typing import NDArray
from PIL import Image

from bgfg.synth.export.encode import depth_lookup_table
from bgfg.synth.export.sample_reader import SampleReader
from bgfg.synth.store.corpus import Corpus

QUALITY = 95


@dataclass(frozen=True)
class DecodedSample:
    """One sample, decoded.

    Attributes:
        name: The name of its files.
        row: Its row of the samples table.
        image: (H, W, 3) uint8.
        mask: (H, W) uint8.
        depth: (H, W) uint8 or uint16, as exported.
    """

    name: str
    row: dict[str, Any]
    image: NDArray
    mask: NDArray
    depth: NDArray


@dataclass(frozen=True)
class PeerJob:
    """What one process of a peer writes.

    Attributes:
        corpus: Folder of the corpus.
        start: First sample.
        stop: End of the samples, not included.
        folder: Folder of this process alone.
        depth_bits: 8 or 16.
    """

    corpus: Path
    start: int
    stop: int
    folder: Path
    depth_bits: int

    def samples(self) -> Iterator[DecodedSample]:
        """Yield the samples, read by bgfg's own reader, a block at a time: in the peer's favour."""
        corpus = Corpus(self.corpus)
        source = SampleReader(corpus, True, {"image": "jpeg", "mask": "png", "depth": "png", "bg": "jpeg"})
        table = depth_lookup_table(corpus.depth_code(), self.depth_bits)
        for block in source.blocks(np.arange(self.start, self.stop)):
            rows = source.sample_rows(block.samples)
            for i, sample in enumerate(block.samples):
                image = np.ascontiguousarray(block.images[i])
                name = source.file_name("image", sample).removesuffix(".jpeg")
                yield DecodedSample(name, rows[i], image, block.masks[i], table[block.depth[i]])


def encode_with_pillow(pixels: NDArray, kind: str) -> bytes:
    """Encode pixels as JPEG or PNG by Pillow; PNG at its fastest level, in the peer's favour."""
    stream = BytesIO()
    options: dict[str, int] = {"quality": QUALITY} if kind == "JPEG" else {"compress_level": 1}
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def encode_sample(sample: DecodedSample) -> dict[str, bytes]:
    """Return the files of one sample, by the names that tell what they are."""
    depth_kind = "PNG" if sample.depth.dtype == np.uint16 else "JPEG"
    return {
        "image.jpeg": encode_with_pillow(sample.image, "JPEG"),
        "mask.png": encode_with_pillow(sample.mask, "PNG"),
        f"depth.{depth_kind.lower()}": encode_with_pillow(sample.depth, depth_kind),
    }


def write_folder(job: PeerJob) -> None:
    """Write files by Pillow's `save`."""
    for sample in job.samples():
        Image.fromarray(sample.image).save(job.folder / f"{sample.name}.jpeg", quality=QUALITY)
        Image.fromarray(sample.mask).save(job.folder / f"{sample.name}_mask.png", compress_level=1)
        depth_file = job.folder / f"{sample.name}_depth.{'png' if job.depth_bits == 16 else 'jpeg'}"
        Image.fromarray(sample.depth).save(depth_file, quality=QUALITY, compress_level=1)


def write_folder_with_opencv(job: PeerJob) -> None:
    """Write files by OpenCV's `imwrite` with its own defaults."""
    import cv2

    for sample in job.samples():
        image = cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(job.folder / f"{sample.name}.jpeg"), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        cv2.imwrite(str(job.folder / f"{sample.name}_mask.png"), sample.mask)
        suffix = "png" if job.depth_bits == 16 else "jpeg"
        cv2.imwrite(str(job.folder / f"{sample.name}_depth.{suffix}"), sample.depth)


def write_zip(job: PeerJob) -> None:
    """Write members of one zip, stored, by `zipfile`."""
    with zipfile.ZipFile(job.folder / "pack.zip", "w") as pack:
        for sample in job.samples():
            for name, data in encode_sample(sample).items():
                pack.writestr(f"{name.partition('.')[0]}/{sample.name}.{name.partition('.')[2]}", data)


def write_webdataset(job: PeerJob) -> None:
    """Write tar shards of 2,000 samples by webdataset's `ShardWriter`."""
    import webdataset

    with webdataset.ShardWriter(str(job.folder / "train-%06d.tar"), maxcount=2_000, verbose=0) as writer:
        for sample in job.samples():
            writer.write({"__key__": sample.name, "json": sample.row} | encode_sample(sample))


def write_mds(job: PeerJob) -> None:
    """Write shards of encoded pictures by MosaicML's `MDSWriter`."""
    from streaming import MDSWriter

    with MDSWriter(
        columns={"image.jpeg": "bytes", "mask.png": "bytes", "depth.png": "bytes", "name": "str", "row": "json"},
        out=str(job.folder / "train"),
        hashes=["sha256"],
    ) as writer:
        for sample in job.samples():
            writer.write({"name": sample.name, "row": sample.row} | encode_sample(sample))


def write_coco(job: PeerJob) -> None:
    """Write images and depth maps by Pillow's `save`, masks by pycocotools, and one JSON."""
    from pycocotools import mask as coco_mask

    annotations: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for sample in job.samples():
        number = sample.row["sample"] + 1
        files = encode_sample(sample)
        del files["mask.png"]
        for name, data in files.items():
            (job.folder / f"{sample.name}.{name}").write_bytes(data)
        rle = coco_mask.encode(np.asfortranarray(sample.mask >= 128).view(np.uint8))
        box, area = coco_mask.toBbox(rle).tolist(), int(coco_mask.area(rle))
        rle["counts"] = rle["counts"].decode("ascii")
        images.append({"id": number, "file_name": f"{sample.name}.jpeg"})
        annotations.append({"id": number, "image_id": number, "segmentation": rle, "bbox": box, "area": area})
    (job.folder / "instances.json").write_text(json.dumps({"images": images, "annotations": annotations}))


def write_yolo(job: PeerJob) -> None:
    """Write images and depth maps by Pillow's `save`, and labels by Supervision, from masks."""
    import supervision
    from supervision.dataset.formats.yolo import detections_to_yolo_annotations

    for sample in job.samples():
        files = encode_sample(sample)
        del files["mask.png"]
        for name, data in files.items():
            (job.folder / f"{sample.name}.{name}").write_bytes(data)
        masks = (sample.mask >= 128)[None]
        boxes = supervision.mask_to_xyxy(masks)
        found = supervision.Detections(boxes, masks, class_id=np.zeros(1, int))
        lines = detections_to_yolo_annotations(found, sample.image.shape)
        (job.folder / f"{sample.name}.txt").write_text("\n".join(lines))


def write_hdf5(job: PeerJob) -> None:
    """Write gzipped datasets, a picture a chunk, by h5py; a file for each process, since HDF5 takes one writer."""
    import h5py

    count = job.stop - job.start
    with h5py.File(job.folder / "samples.h5", "w") as file:
        for n, sample in enumerate(job.samples()):
            for name, pixels in (("image", sample.image), ("mask", sample.mask), ("depth", sample.depth)):
                if n == 0:
                    shape = (count, *pixels.shape)
                    file.create_dataset(name, shape, pixels.dtype, chunks=(1, *pixels.shape), compression="gzip")
                file[name][n] = pixels


def write_parquet(job: PeerJob) -> None:
    """Write image features by `datasets`: from a generator, then to Parquet."""
    import datasets

    datasets.disable_progress_bars()

    def rows() -> Iterator[dict[str, Any]]:
        for sample in job.samples():
            files = {
                name.partition(".")[0]: {"bytes": data, "path": None} for name, data in encode_sample(sample).items()
            }
            yield sample.row | files

    values = {"flipped": "bool", "split": "string"}
    columns = ["sample", "background", "cutout", "flipped", "placement", "x_px", "y_px", "width_px", "height_px",
               "visible_px", "split"]  # fmt: skip
    features: dict[str, Any] = {name: datasets.Value(values.get(name, "int32")) for name in columns}
    features |= {name: datasets.Image() for name in ("image", "mask", "depth")}
    made = datasets.Dataset.from_generator(
        rows, features=datasets.Features(features), cache_dir=str(job.folder / "cache")
    )
    made.to_parquet(str(job.folder / "train.parquet"))


@dataclass(frozen=True)
class ExportPeer:
    """A plain loop.

    Attributes:
        export_format: The format of `bgfg export` that it is compared with.
        write: Writes the samples of one process.
        library: Package that it needs beyond those of bgfg.
    """

    export_format: str
    write: Callable[[PeerJob], None]
    library: str | None = None


PEERS = {
    "Pillow loop": ExportPeer("folder", write_folder),
    "OpenCV loop": ExportPeer("folder", write_folder_with_opencv),
    "zipfile loop": ExportPeer("zips", write_zip),
    "webdataset loop": ExportPeer("webdataset", write_webdataset, "webdataset"),
    "streaming loop": ExportPeer("mds", write_mds, "streaming"),
    "pycocotools loop": ExportPeer("coco", write_coco, "pycocotools"),
    "supervision loop": ExportPeer("yolo", write_yolo, "supervision"),
    "h5py loop": ExportPeer("hdf5", write_hdf5),
    "datasets loop": ExportPeer("parquet", write_parquet, "datasets"),
}


def main(peer: str, corpus: str, start: str, stop: str, folder: str, depth_bits: str) -> None:
    """Write the samples of one process of a peer."""
    job = PeerJob(Path(corpus), int(start), int(stop), Path(folder), int(depth_bits))
    job.folder.mkdir(parents=True)
    PEERS[peer].write(job)


if __name__ == "__main__":
    main(*sys.argv[1:])
