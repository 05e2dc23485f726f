"""What is asked of an export, and its form in export.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.corpus.selection import Selection
from bgfg.data_manifests.terminal.errors import Problem

# Suffix of depth maps as pictures, by their bits.
_PICTURES = {None: "", 8: "jpeg", 16: "png"}


@dataclass(frozen=True)
class ExportRequest:
    """What is asked of one export.

    Attributes:
        format_name: Name of the format.
        selection: Which samples.
        image: Format of composites and backgrounds, "jpeg" or "png" (lossless).
        quality: Quality of JPEG, 1..100.
        grey: Whether pictures have one channel (BT.601 luma).
        depth_bits: 8 (linear over the range, JPEG where pictures are files), 16 (millimetres, PNG where pictures are
            files), or None for no depth.
        segmentation: Form of masks in COCO's annotations, "polygons" or "rle"; None for polygons, or another format.
        depth_member: Form of depth maps in shards of WebDataset, "png" or "npy"; None for the picture that the bits
            ask for, or another format.
        label: Another name of the category of COCO and YOLO, where the corpus has one class; None for the names of its
            classes, or another format.
        compression: Of shards of MosaicML Streaming, "none" or "zstd"; None for none, or another format.
        licence: Licence of the data set, for its card; None where nothing is said.
        boxes: Whether YOLO's labels are boxes instead of polygons.
        normals: Whether there are maps of surface normals beside those of depth.
        fov_deg: Field of view, across the frame's shorter side, of the cameras that the corpus doesn't know; None for
            none.

    Raises:
        Problem: For an option that the format doesn't have (exit code 2).
    """

    format_name: str
    selection: Selection
    image: str = "jpeg"
    quality: int = 95
    grey: bool = False
    depth_bits: int | None = None
    segmentation: str | None = None
    depth_member: str | None = None
    label: str | None = None
    compression: str | None = None
    licence: str | None = None
    boxes: bool = False
    normals: bool = False
    fov_deg: float | None = None

    def __post_init__(self) -> None:
        for option, is_given, owners in (
            (f"segmentation {self.segmentation}", self.segmentation is not None, ("coco",)),
            (f"depth-member {self.depth_member}", self.depth_member is not None, ("webdataset",)),
            (f"label {self.label}", self.label is not None, ("coco", "yolo")),
            (f"compression {self.compression}", self.compression is not None, ("mds",)),
            ("boxes", self.boxes, ("yolo",)),
        ):
            if is_given and self.format_name not in owners:
                have = f"--as {' and '.join(owners)} {'has' if len(owners) == 1 else 'have'}"
                raise Problem(f"--{option}: only {have} it: leave it out", exit_code=2)

        if self.format_name == "yolo" and self.depth_bits == 8:
            raise Problem("--depth 8: --as yolo has depth maps of 16 bits, or none: give one of these", exit_code=2)
        if self.depth_member is not None and self.depth_bits is None:
            raise Problem(
                f"--depth-member {self.depth_member}: --depth none writes no depth maps: leave one of the two out",
                exit_code=2,
            )

        if self.normals and self.depth_bits is None:
            raise Problem("--normals: they go with depth, and --depth none leaves it out: leave one out", exit_code=2)
        if self.fov_deg is not None and not 10 <= self.fov_deg <= 150:
            raise Problem(f"--fov-deg {self.fov_deg:g}: give degrees from 10 to 150, such as 55", exit_code=2)

    @property
    def depth_suffix(self) -> str:
        """Suffix of depth maps, "jpeg", "png" or "npy"; empty where no depth is exported."""
        return self.depth_member or _PICTURES[self.depth_bits] if self.depth_bits else ""

    def record(self) -> dict[str, Any]:
        """Return the request as plain JSON data; what only one format has is there for that format alone."""
        selection = self.selection
        record: dict[str, Any] = {
            "as": self.format_name,
            "split": list(selection.splits),
            "samples": None if selection.samples is None else list(selection.samples),
            "where": [str(condition) for condition in selection.filters],
            "image": self.image,
            "quality": self.quality,
            "grey": self.grey,
            "depth_bits": self.depth_bits,
            "normals": self.normals,
            "fov_deg": self.fov_deg,
            "licence": self.licence,
        }
        if self.format_name == "coco":
            record["segmentation"] = self.segmentation or "polygons"
            record["label"] = self.label or DEFAULT_LABEL
        if self.format_name == "yolo":
            record |= {"boxes": self.boxes, "label": self.label or DEFAULT_LABEL}
        if self.format_name == "mds":
            record["compression"] = self.compression or "none"
        if self.format_name == "webdataset":
            record["depth_member"] = self.depth_suffix
        return record


def completed_record(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a request with what records of before didn't say, since there was no choice."""
    former = {
        "normals": False,
        "fov_deg": None,
        "segmentation": "rle",
        "label": "person",
        "depth_member": _PICTURES.get(asked.get("depth_bits")),
    }
    return former | asked
