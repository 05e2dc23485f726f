"""References in an export: in words, how to get from a sample to all that belongs to it, for the card.

They are followed as it is said here whatever was selected; tests do so with selections.
"""

from __future__ import annotations

from collections.abc import Sequence

from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE
from bgfg.synth.export.format import ExportJob

_NAMES = (
    "Pictures belong together by their names, in which numbers count from 1: the composite "
    "`bg031_fg087_01_017.jpeg` shows the background `bg031` and the cut-out `fg087_01`, where `_01` says that it "
    "is mirrored; its mask is `bg031_fg087_01_017_mask.png`, its depth map `bg_031_fg_087_01_017_depth_map_017`."
)
# Imported samples have the names that they came with.
_OWN_NAMES = (
    "Pictures belong together by their names, which say nothing else: the composite `NAME` with any suffix has the "
    "mask `NAME_mask`, the depth map `NAME_depth`, and `NAME_instance` and `NAME_normal` where there are such."
)
_OWN_PLACES = (
    "Of imported samples backgrounds and cut-outs are known of some or of none: those that are have their pictures in "
    "{}; of the others {}. No cut-out is the mirror image of another by its number."
)
_UNLISTED = "`samples.csv` has none"
_GREY_LEVELS = "Grey level n > 0 of a picture of instances is instance n of its sample, 0 is none."
_LIST = (
    f"{_GREY_LEVELS} Its line of `instances.csv` has the name of the composite as `image` and n as `instance`; the "
    "name of the composite tells the cut-out of instance 1 alone."
)

_FOLDER = "Backgrounds are in `bg/`, cut-outs in `fg/`, the masks of cut-outs (`frg087_01.png`) in `fg_mask/`."
_ZIPS = (
    "A pack has the backgrounds of its own composites in `bg/`. Cut-outs are in no pack: an export with `--as "
    "folder` has them."
)
_WEBDATASET = (
    "`background_name` in the `.json` of a sample is the name of its background in `bg/`, `cutout_name` that of "
    "its cut-out in `fg/`; both folders are beside the shards."
)
_WEBDATASET_INSTANCES = (
    f"{_GREY_LEVELS} It is the entry of `instances` whose `instance` is n; `cutout_name` of that entry is the name "
    "of its cut-out in `fg/`. The sample's own `cutout_name` is that of instance 1."
)
_MDS = (
    "`background_name` of a sample is the name of its background in `bg/`, `cutout_name` that of its cut-out in `fg/`; "
    "both folders are beside the splits. `name` is that of the sample itself."
)
_MDS_INSTANCES = (
    f"{_GREY_LEVELS} It is the entry of `instances` whose `instance` is n; `cutout_name` of that entry is the name "
    "of its cut-out in `fg/`. The sample's own `cutout_name` is that of instance 1."
)
_COCO = (
    "`background` of an image is the name of its background in `bg/`; `file_name` is in `images/SPLIT`, "
    "`depth_file` in `depth/SPLIT`. `id` of an image is the number of its sample in the corpus, plus 1."
)
_COCO_IDS = "`image_id` of an annotation is the `id` of its image, `category_id` the `id` of its category."
_COCO_VARIETY = (
    "{} of an image are the columns of samples.parquet, which say what was drawn for it and for its first cut-out; an "
    "annotation has those of its own cut-out."
)
_COCO_INSTANCES = "Every instance, a cut-out of which something is seen, has an annotation of its own."
_YOLO = (
    "The label of `images/SPLIT/NAME.jpeg` is `labels/SPLIT/NAME.txt`, its depth map `depth/SPLIT/NAME.png`. Numbers "
    "in names count from 1: `bg031_fg087_01_017` shows the background `bg031` in `bg/` and the cut-out `fg087`, where "
    "`_01` says that it is mirrored. Cut-outs aren't there: an export with `--as folder` has them."
)
_YOLO_OWN_NAMES = (
    "The label of `images/SPLIT/NAME.jpeg` is `labels/SPLIT/NAME.txt`, its depth map `depth/SPLIT/NAME.png`. Names are "
    "those that the pictures came with. Backgrounds that are known are in `bg/`; cut-outs aren't there."
)
_YOLO_INSTANCES = (
    "Every instance, a cut-out of which something is seen, has a line of its own, in the order in which they were "
    "pasted; the name of the image tells the cut-out of the first one alone."
)
_HDF5 = "Row n of `/image`, `/mask` and `/depth` is the sample that row n of the columns in `/samples` is about."
_HDF5_PLACES = (
    "`/samples/background` and `/samples/cutout` are places along the first axes of `/background` and `/cutout`. "
    "These have all pictures of the corpus, those too that no sample here shows. An odd cut-out is the mirror "
    "image of the one before it."
)
_HDF5_OWN_PLACES = "`/background` and `/cutout`, at the places that `/samples/background` and `/samples/cutout` say"
_HDF5_INSTANCES = (
    f"{_GREY_LEVELS} Its row in `/instances` has n as `instance` and, as `sample`, what `/samples/sample` says of "
    "the sample: its number in the corpus, not a place in this file. `cutout` is a place in `/cutout`."
)
_PARQUET = (
    "`background` of a sample equals the column `background` in the configuration `backgrounds`, and `cutout` the "
    "column `cutout` in the configuration `cutouts`. Look them up by these columns and not by place: only what the "
    "samples show is there. An odd cut-out is the mirror image of the number before it."
)
_PARQUET_OWN = (
    "`background` of a sample equals the column `background` in the configuration `backgrounds`, and `cutout` the "
    "column `cutout` in the configuration `cutouts`."
)
_PARQUET_INSTANCES = (
    f"{_GREY_LEVELS} It is the entry in the configuration `instances` whose `sample` and `instance` equal the "
    "sample's `sample` and n; its `cutout` is looked up likewise. The sample's own `cutout` is that of instance 1."
)

_CSV_CLASSES = "`labels.csv` has the class of every cut-out by the name of its file, with its number from 1 on."
_CSV_SAMPLES = (
    "`samples.csv` has background, cut-out, split and class of every composite by the names of their files, as far as "
    "they are known."
)
_DISTRACTORS = (
    "Distractors, cut-outs that stand behind the others in some composites, are in no label: neither in masks nor "
    "among instances or annotations. Depth has them."
)
_CLASSES = {
    "folder": _CSV_CLASSES,
    "zips": _CSV_CLASSES,
    "webdataset": "`label` in the `.json` of a sample is the class of its cut-out, each of `instances` has its own.",
    "mds": "`label` of a sample is the class of its cut-out, each of `instances` has its own.",
    "coco": "Categories are the classes of the corpus, numbered from 1 on.",
    "yolo": "The number that a line of a label begins with is the class, as `data.yaml` names it, from 0 on.",
    "hdf5": "`/samples/label` is the class of a sample's cut-out, one of `/classes`, whose first has number 1.",
    "parquet": "`label` is the class of a cut-out, a ClassLabel of `datasets`, which counts from 0.",
}

_NORMALS = (
    "A map of normals has, at each pixel of the depth map of its sample, the direction of the surface in axes of the "
    "camera (x to the right, y up, z towards the camera) as RGB: normal = value / 127.5 - 1, (0, 0, 0) unknown. People "
    "of layered depth are screens that face the camera."
)
_CAMERAS = (
    "`cameras.csv` has the focal lengths of the backgrounds in pixels of the composite, whose middle is the principal "
    "point: a depth z at (x, y) is the point ((x - cx) z / fx, (y - cy) z / fy, z), the centres of pixels at halves. "
    "`from` says how each is known: told when planning, by the photo's EXIF data, estimated from its floor, or told to "
    "the export."
)

# Of each format: how references are followed, and how those to several cut-outs in a sample.
_LINES = {
    "folder": ([_NAMES, _FOLDER], f"{_LIST} `cutout` is the name of its cut-out in `fg/`."),
    "zips": ([_NAMES, _ZIPS], _LIST),
    "webdataset": ([_WEBDATASET], _WEBDATASET_INSTANCES),
    "mds": ([_MDS], _MDS_INSTANCES),
    "coco": ([_COCO, _COCO_IDS], _COCO_INSTANCES),
    "yolo": ([_YOLO], _YOLO_INSTANCES),
    "hdf5": ([_HDF5, _HDF5_PLACES], _HDF5_INSTANCES),
    "parquet": ([_PARQUET], _PARQUET_INSTANCES),
}

# The same of imported corpora, where it is something else.
_IMPORTED_LINES = {
    "folder": [_OWN_NAMES, _OWN_PLACES.format("`bg/` and `fg/`, masks of cut-outs in `fg_mask/`", _UNLISTED)],
    "zips": [_OWN_NAMES, _OWN_PLACES.format("`bg/` of the packs, cut-outs in none", _UNLISTED)],
    "webdataset": [_WEBDATASET, _OWN_PLACES.format("`bg/` and `fg/`", "the names are null")],
    "mds": [_MDS, _OWN_PLACES.format("`bg/` and `fg/`", "the names are empty")],
    "yolo": [_YOLO_OWN_NAMES],
    "hdf5": [_HDF5, _OWN_PLACES.format(_HDF5_OWN_PLACES, "these are below 0")],
    "parquet": [_PARQUET_OWN, _OWN_PLACES.format("these configurations", "the columns are null")],
}

_PARQUET_EXAMPLE = """
```python
backgrounds = {row["background"]: row["image"] for row in load_dataset(OUT, "backgrounds", split="train")}
background = backgrounds[sample["background"]]
```"""


def describe_references(job: ExportJob) -> str:
    """Return how references are followed in an export, as a section of Markdown."""
    format_name = job.request.format_name
    always, with_several = _LINES[format_name]
    if job.corpus.geometry.listed:
        always = _lines_of_imported(job, always)
    lines = [*always, *([with_several] if job.corpus.manifest.crowd is not None else [])]
    lines += [_CSV_SAMPLES] if format_name in ("folder", "zips") else []
    lines += [_DISTRACTORS] if DISTRACTORS_FILE in job.corpus.manifest.tables else []
    variety = job.corpus.manifest.variety
    if variety and format_name == "coco":
        lines.append(_COCO_VARIETY.format(", ".join(f"`{name}`" for name in variety.columns)))
    lines += [_NORMALS] if job.request.normals else []
    lines += [_CAMERAS] if any(map(job.camera_of, range(job.corpus.geometry.backgrounds))) else []
    if job.corpus.manifest.classes is not None:
        listed = ", ".join(f"`{name}`" for name in job.corpus.classes)
        lines.append(f"{_CLASSES[format_name]} The classes are {listed}.")
    example = _PARQUET_EXAMPLE if format_name == "parquet" else ""
    return "\n".join(["## What belongs together\n", *(f"- {line}" for line in lines)]) + example


def _lines_of_imported(job: ExportJob, usual: Sequence[str]) -> list[str]:
    """Return how references to backgrounds and cut-outs are followed where these are known of some samples or none."""
    g = job.corpus.geometry
    unknown = [name for name, count in (("backgrounds", g.backgrounds), ("cut-outs", g.cutouts)) if not count]
    lines = list(_IMPORTED_LINES.get(job.request.format_name, usual))
    if len(unknown) == 2:  # what is said of places goes
        lines = [line for line in lines if not line.startswith(_OWN_PLACES.partition("{")[0])]
    if unknown:
        lines.append(f"Of no sample the {' and '.join(unknown)} are known, so that none are here.")
    return lines
