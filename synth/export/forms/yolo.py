"""`--as yolo`: what Ultralytics trains on: images/SPLIT, labels/SPLIT with a text file for each image, and data.yaml.

A line of a label is an object: its class, then its polygon or its box, as fractions of the frame's width and height. A
polygon goes along the edges of the pixels with mask >= 128, of one of several cut-outs where `instance` says so. What
can't be seen has no line; an image that shows nothing has an empty file. Depth maps lie in depth/SPLIT under the names
of their images, as 16-bit PNGs in millimetres, where the depth task of Ultralytics looks for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.synth.export.assets import background_files
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.encode import depth_metadata
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.references import describe_references
from bgfg.synth.export.sample_reader import SampleBlock
from bgfg.synth.formats.polygons import mask_outline

_ABOUT = (
    "Exported by bgfg; export.json says of what corpus. `data.yaml` is for Ultralytics (`yolo segment train "
    "data=data.yaml`); each split has its pictures in images/SPLIT and a label for each in labels/SPLIT. Training "
    "takes the splits train and val; `seen` and `mixed`, where they are there, are for questions of your own."
)
_POLYGONS = (
    "A line of a label is an object, its polygon along the edges of the pixels with mask >= 128; the soft edge of the "
    "mask is lost. Corners lie 0.02 px within the edges: painted at the size of the images by Ultralytics, which cuts "
    "fractions off, an object in one part is these pixels exactly, holes included, and its box is right to 0.04 px. "
    "Supervision rounds instead, and paints up to a pixel more at the right and below. A line of YOLO holds one "
    "polygon: parts of an object are joined where they are nearest, by a line of no width, which these readers paint "
    "one pixel wide. Labels are for segmentation and for detection, where Ultralytics takes the boxes of the polygons."
)
_BOXES = (
    "A line of a label is an object: class, the middle of its box, width and height, around the pixels with mask >= "
    "128 from edge to edge. Its shape isn't there."
)
_DEPTH = (
    "Depth maps are in depth/SPLIT under the names of the images, 16-bit PNGs of values that `data.yaml` scales, 0 "
    "where unknown: `yolo depth train data=data.yaml` reads them."
)
# How far corners of polygons lie within the edges of pixels.
_INSET_PX = 0.02


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Make the folders and write the card, data.yaml and the backgrounds."""
    has_depth = job.request.depth_bits is not None
    for split in groups:
        for kind in (
            "images",
            "labels",
            *(["depth"] if has_depth else []),
            *(["normal"] if job.request.normals else []),
        ):
            (job.manifest.out / kind / split).mkdir(parents=True, exist_ok=True)
    (job.manifest.out / "bg").mkdir(exist_ok=True)
    for name, data in background_files(job, np.concatenate(list(groups.values()))):
        writer.write_file("bg", f"bg/{name}", data)
    writer.write_file("description", "data.yaml", _data_yaml(job, list(groups)).encode())
    card = [_ABOUT, _BOXES if job.request.boxes else _POLYGONS, _DEPTH if has_depth else "", describe_references(job)]
    write_card(job, groups, writer, "Composites with masks, for Ultralytics YOLO", card)


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write the images, labels and depth maps of one part."""
    encoder, reader = job.encoder, job.reader
    for block in reader.blocks(part.sample_indices):
        for i, sample in enumerate(block.samples):
            name = reader.file_name("image", sample)
            stem = name.rpartition(".")[0]
            writer.write_file("image", f"images/{part.group}/{name}", encoder.image(block.images[i]))
            lines = label_lines(_objects(job, block, i), job.request.boxes)
            writer.write_file("label", f"labels/{part.group}/{stem}.txt", lines.encode())
            if block.depth:
                writer.write_file("depth", f"depth/{part.group}/{stem}.png", encoder.depth(block.depth[i]))
            if block.normals:
                writer.write_file("normal", f"normal/{part.group}/{stem}.png", encoder.normals(block.normals[i]))


def _objects(job: ExportJob, block: SampleBlock, i: int) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield class, from 0 on, and pixels (H, W) of each object of a sample, those of which nothing is seen too."""
    classes = job.reader.classes_of(block.samples[i])
    if job.corpus.manifest.crowd is None:
        yield classes[0] - 1, block.masks[i] >= 128
    else:
        for instance, number in enumerate(classes, start=1):
            yield number - 1, block.instances[i] == instance


def label_lines(objects: Iterator[tuple[int, NDArray[np.bool_]]], boxes: bool) -> str:
    """Return the text of a label.

    Args:
        objects: Class and pixels (H, W) of each object.
        boxes: Whether a line is a box, else a polygon.

    Returns:
        A line for each object that has pixels.
    """
    numbers = ((number, _box(pixels) if boxes else _polygon(pixels)) for number, pixels in objects)
    return "".join(f"{number} {' '.join(place)}\n" for number, place in numbers if place)


def _box(pixels: NDArray[np.bool_]) -> list[str]:
    """Return the middle, width and height of the box of some pixels; empty where there are none."""
    x, y, width, height = cv2.boundingRect(pixels.view(np.uint8))
    if not width:
        return []
    H, W = pixels.shape
    fractions = (2 * x + width) / (2 * W), (2 * y + height) / (2 * H), width / W, height / H
    return [f"{fraction:.6f}" for fraction in fractions]


def _polygon(pixels: NDArray[np.bool_]) -> list[str]:
    """Return x, y, x, y, ... of the polygon of some pixels; empty where there are none."""
    across, down = (_edge_fractions(size_px) for size_px in pixels.shape[::-1])
    return [text for x, y in mask_outline(pixels.view(np.uint8)).tolist() for text in (across[x], down[y])]


@lru_cache(maxsize=2)
def _edge_fractions(size_px: int) -> list[str]:
    """Return the edges of a row of pixels as fractions of its length: of each pixel the left one and the right one."""
    digits = len(str(size_px)) + 2  # right to 0.005 px, so that a corner stays in its pixel, and labels stay small
    edges = (x + inset for x in range(size_px) for inset in (_INSET_PX, 1 - _INSET_PX))
    return [f"{edge / size_px:.{digits}f}" for edge in edges]


def _data_yaml(job: ExportJob, splits: Sequence[str]) -> str:
    """Return the content of data.yaml; without `path`, so that Ultralytics looks beside it."""
    lines = ["# Paths are seen from the folder of this file."]
    for split in SPLITS:
        if split in ("train", "val"):  # Ultralytics asks for both keys, and for what they name only when it uses it
            lines.append(f"{split}: images/{split}" if split in splits else f"{split}: # not in this export")
        elif split in splits:
            lines.append(f"{'' if split == 'test' else '# '}{split}: images/{split}")
    # A string of JSON is one of YAML, as long as no character is written as two halves.
    lines += ["names:", *(f"  {i}: {json.dumps(name, ensure_ascii=False)}" for i, name in enumerate(job.class_names))]
    if job.request.grey:
        lines.append("channels: 1")
    if job.request.depth_bits is not None:
        scale_m = depth_metadata(job.corpus.depth_code(), job.request.depth_bits).get("scale_m")
        no_unit = "depth_scale: 1 # no unit; larger is farther, on one scale for all samples"
        lines.append(no_unit if scale_m is None else f"depth_scale: {1 / scale_m:g} # of a value in one metre")
    return "\n".join([*lines, ""])


YOLO_FORMAT = ExportFormat(1_000, write, prepare, by_split=True, keeps_soft_edges=False)
