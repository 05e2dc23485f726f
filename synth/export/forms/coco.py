"""`--as coco`: images, and for each split a JSON of instances, their masks as polygons or run-length encoded.

A mask is what is visible of a cut-out, mask >= 128, or one of several where `instance` says so; bbox (x, y, width,
height) and area are those of these pixels. Ids count from 1, since the COCO evaluation takes an annotation 0 for none.
What can't be seen has no annotation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.assets import background_files
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.card import write_card
from bgfg.synth.export.format import ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.references import describe_references
from bgfg.synth.export.sample_reader import SampleBlock
from bgfg.synth.formats.polygons import mask_polygons

_SEGMENTATIONS = {
    "polygons": "Polygons along the edges of the pixels with mask >= 128. Filled by the even-odd rule at the middle of "
    "pixels, as pycocotools fills them, they are these pixels exactly; a program that also paints what an edge touches "
    "adds up to a pixel at the right and below. Somebody in several parts has a polygon for each; a hole is joined to "
    "the outline around it by a cut of no width, since COCO's polygons can't say holes. The soft edge of the mask is "
    "lost. Tried, and these pixels came out: pycocotools 2.0.11; transformers 5.24, the image processors of DETR, "
    "Conditional DETR, Deformable DETR, YOLOS and Grounding DINO with return_segmentation_masks; the converter of "
    "label-studio-sdk 2.1.2, for which each part is a region of its own.",
    "rle": "Run-length encoding with compressed counts, of the pixels with mask >= 128, on objects with iscrowd 0. The "
    "soft edge of the mask is lost. Tried: pycocotools 2.0.11 reads it. transformers 5.24 takes the boxes, but its "
    "DETR family fails on the masks (return_segmentation_masks), as the converter of label-studio-sdk 2.1.2 does: "
    "export with --segmentation polygons for these.",
}


def prepare(job: ExportJob, groups: SampleGroups, writer: AtomicWriter) -> None:
    """Make the folders and write the card and the backgrounds.

    Raises:
        Problem: pycocotools isn't installed.
    """
    try:
        import pycocotools.mask  # noqa: F401
    except ImportError as error:
        raise Problem("--as coco needs pycocotools: pip install 'bgfg[export]'") from error
    out = job.manifest.out
    for folder in ("bg", "annotations", *(f"images/{split}" for split in groups)):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for split in groups if job.request.depth_bits is not None else ():
        (out / "depth" / split).mkdir(parents=True, exist_ok=True)
    for split in groups if job.request.normals else ():
        (out / "normal" / split).mkdir(parents=True, exist_ok=True)
    for name, data in background_files(job, np.concatenate(list(groups.values()))):
        writer.write_file("bg", f"bg/{name}", data)
    card = [
        (
            "Exported by bgfg; export.json says of what corpus and how depth is coded. Each split has its pictures in "
            "images/SPLIT and its objects in annotations/instances_SPLIT.json."
        ),
        f"`segmentation`: {_SEGMENTATIONS[_segmentation(job)]} `area` and `bbox` are those of these pixels.",
        describe_references(job),
    ]
    write_card(job, groups, writer, "Composites with masks, in COCO's form", card)


def _categories(job: ExportJob) -> list[dict[str, Any]]:
    return [{"id": i, "name": label, "supercategory": label} for i, label in enumerate(job.class_names, start=1)]


def _segmentation(job: ExportJob) -> str:
    return job.request.segmentation or "polygons"


def write(job: ExportJob, part: ExportPart, writer: AtomicWriter) -> None:
    """Write the images and depth maps of one part, and its segments of the JSON."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    encoder, reader = job.encoder, job.reader
    g = job.corpus.geometry
    variety = job.corpus.manifest.variety
    varying = variety.columns if variety else ()
    for block in reader.blocks(part.sample_indices):
        drawn = reader.sample_rows(block.samples) if varying else [{}] * len(block.samples)
        backgrounds, _ = job.corpus.pictures_of(np.array(block.samples))
        for i, sample in enumerate(block.samples):
            image = {
                "id": sample + 1,
                "file_name": reader.file_name("image", sample),
                "width": g.width_px,
                "height": g.height_px,
                "background": reader.background_file_name(int(backgrounds[i])),
                **job.camera_of(int(backgrounds[i])),
                **{name: drawn[i][name] for name in varying},
            }
            writer.write_file("image", f"images/{part.group}/{image['file_name']}", encoder.image(block.images[i]))
            if block.depth:
                image["depth_file"] = reader.file_name("depth", sample)
                writer.write_file("depth", f"depth/{part.group}/{image['depth_file']}", encoder.depth(block.depth[i]))
            if block.normals:
                image["normal_file"] = reader.file_name("normal", sample)
                content = encoder.normals(block.normals[i])
                writer.write_file("normal", f"normal/{part.group}/{image['normal_file']}", content)
            images.append(image)
        annotations += _annotations(job, block)
    for name, rows in (("images", images), ("annotations", annotations)):
        with writer.open_segment(job.manifest.segments / f"{part.number}.{name}") as stream:
            stream.write(",\n".join(json.dumps(row) for row in rows).encode())


def _annotations(job: ExportJob, block: SampleBlock) -> Iterator[dict[str, Any]]:
    """Yield an annotation for each cut-out of the samples of a block of whom something is seen."""
    crowd = job.corpus.manifest.crowd
    if crowd is None:
        numbered, masks = [(sample, 1) for sample in block.samples], block.masks
    else:
        numbered = [(sample, m + 1) for sample in block.samples for m in range(crowd.most)]
        masks = [np.where(ids == m + 1, 255, 0) for ids in block.instances for m in range(crowd.most)]
    most = 1 if crowd is None else crowd.most
    polygons = _segmentation(job) == "polygons"
    classes = {sample: job.reader.classes_of(sample) for sample in block.samples}
    drawn = _drawn(job, block)
    for (sample, number), instance in zip(numbered, encode_instances(masks, polygons), strict=True):
        if instance["area"]:
            ids = {"id": sample * most + number, "image_id": sample + 1, "category_id": classes[sample][number - 1]}
            yield ids | {"iscrowd": 0} | instance | drawn.get((sample, number), {})


def _drawn(job: ExportJob, block: SampleBlock) -> dict[tuple[int, int], dict[str, Any]]:
    """Return what was drawn for each cut-out of the samples of a block, by sample and instance; {} where nothing is."""
    variety = job.corpus.manifest.variety
    varying = variety.paste_columns if variety else ()
    if not varying:
        return {}
    if job.corpus.manifest.crowd is None:
        of_samples = [[row | {"instance": 1}] for row in job.reader.sample_rows(block.samples)]
    else:
        of_samples = job.reader.instance_rows(block.samples)
    return {
        (sample, row["instance"]): {name: row[name] for name in varying}
        for sample, rows in zip(block.samples, of_samples, strict=True)
        for row in rows
    }


def encode_instances(masks: Sequence[NDArray[np.uint8]], polygons: bool) -> list[dict[str, Any]]:
    """Return segmentation, area and bbox of each mask.

    Args:
        masks: n masks, (H, W) uint8; 128 and above is the object.
        polygons: Whether segmentations are polygons, else RLE with compressed counts.
    """
    from pycocotools import mask as coco_mask

    binary = np.empty((len(masks), *masks[0].T.shape), np.uint8)  # (n, W, H): RLE runs down the columns
    for columns, mask in zip(binary, masks, strict=True):
        np.greater_equal(mask.T, 128, out=columns, casting="unsafe")
    encoded = coco_mask.encode(binary.T)
    segmentations = (
        [mask_polygons(columns.T) for columns in binary]
        if polygons
        else [{"size": rle["size"], "counts": rle["counts"].decode("ascii")} for rle in encoded]
    )
    areas, boxes = coco_mask.area(encoded).tolist(), coco_mask.toBbox(encoded).tolist()
    return [
        {"segmentation": segmentation, "area": area, "bbox": box}
        for segmentation, area, box in zip(segmentations, areas, boxes, strict=True)
    ]


def assemble(
    job: ExportJob, group: str, _samples: SampleIndices, parts: Iterable[ExportPart], writer: AtomicWriter
) -> None:
    """Write the JSON of one split from its segments."""
    numbers = [part.number for part in parts]
    info = {"description": f"bgfg export, {group}", "segmentation": _SEGMENTATIONS[_segmentation(job)]}
    head = {"info": info, "licenses": [], "categories": _categories(job)}
    with writer.open_file("annotations", f"annotations/instances_{group}.json") as stream:
        stream.write(json.dumps(head)[:-1].encode())
        for name in ("images", "annotations"):
            stream.write(f', "{name}": [\n'.encode())
            written = False
            for number in numbers:
                path = job.manifest.segment(f"{number}.{name}")
                if path.stat().st_size:
                    stream.write(b",\n" if written else b"")
                    with open_regular(path) as segment:
                        stream.write(segment.read())
                    written = True
            stream.write(b"]")
        stream.write(b"}\n")


COCO_FORMAT = ExportFormat(1_000, write, prepare, assemble, by_split=True, keeps_soft_edges=False)
