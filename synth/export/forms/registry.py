"""The forms of exports by name, and the request of one in the words of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bgfg.data_manifests.corpus.selection import Filter, Selection, parse_range
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.export.forms.coco import COCO_FORMAT
from bgfg.synth.export.forms.folder import FOLDER_FORMAT
from bgfg.synth.export.forms.hdf5 import HDF5_FORMAT
from bgfg.synth.export.forms.mds import MDS_FORMAT
from bgfg.synth.export.forms.parquet import PARQUET_FORMAT
from bgfg.synth.export.forms.webdataset import WEBDATASET_FORMAT
from bgfg.synth.export.forms.yolo import YOLO_FORMAT
from bgfg.synth.export.forms.zips import ZIPS_FORMAT
from bgfg.synth.export.request import ExportRequest

EXPORT_FORMATS = {
    "folder": FOLDER_FORMAT,
    "zips": ZIPS_FORMAT,
    "webdataset": WEBDATASET_FORMAT,
    "mds": MDS_FORMAT,
    "coco": COCO_FORMAT,
    "yolo": YOLO_FORMAT,
    "hdf5": HDF5_FORMAT,
    "parquet": PARQUET_FORMAT,
}


def export_request(
    format_name: str,
    splits: Sequence[str] = (),
    samples: str | None = None,
    where: Sequence[str] = (),
    depth: str | None = None,
    **options: Any,
) -> ExportRequest:
    """Return the request that is asked for in the words of the command line.

    Args:
        format_name: Name of the format, of EXPORT_FORMATS.
        splits: Names of splits; all where none is named.
        samples: A range "FIRST:END" of samples, or None for all.
        where: Filters on columns of samples.parquet, such as "visible_px>=500".
        depth: Bits of depth maps, "8" or "16", or "none"; None for what the format takes by default.
        **options: Further fields of ExportRequest.

    Raises:
        Problem: For a name, range or filter that makes no sense, or an option that the format doesn't have (exit
            code 2).
    """
    if format_name not in EXPORT_FORMATS:
        raise Problem(f"--as {format_name}: no such form: give one of {', '.join(EXPORT_FORMATS)}", exit_code=2)
    for name in splits:
        if name not in SPLITS:
            raise Problem(f"--split {name}: no such split: give one of {', '.join(SPLITS)}", exit_code=2)
    chosen = Selection(
        tuple(name for name in SPLITS if name in splits),
        None if samples is None else parse_range(samples),
        tuple(Filter.parse(text) for text in where),
    )
    depths = {None: EXPORT_FORMATS[format_name].default_depth_bits, "8": 8, "16": 16, "none": None}
    if depth not in depths:
        raise Problem(f"--depth {depth}: give one of 8, 16, none", exit_code=2)
    bits = depths[depth]
    return ExportRequest(format_name, chosen, depth_bits=bits, **options)
