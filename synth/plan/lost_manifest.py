"""A corpus that has lost its corpus.json, or holds a damaged one: the very same plan writes it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT
from bgfg.data_manifests.corpus.geometry import blocks_per_shard
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import part_folder
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.plan.install import changed_files
from bgfg.synth.store.done_marks import DoneMark, combined_statistics, marked_shards
from bgfg.synth.store.group import group_attributes
from bgfg.synth.store.layout import SHARDED_ARRAYS, metadata_bytes, part_layouts


def is_store(path: Path) -> bool:
    """Say whether a folder has the data.zarr of a corpus."""
    return _attributes(path / "data.zarr").get("format") == CORPUS_FORMAT


def group_digest(folder: Path) -> str:
    """Return the digest that the data.zarr of a part of a corpus says; empty where it says none."""
    return str(_attributes(folder / "data.zarr").get("digest", ""))


def manifest_again(path: Path, planned: Manifest) -> Manifest:
    """Return what the corpus.json of a corpus said, by what else is there and the same plan.

    Args:
        path: The folder of the corpus, without a corpus.json that can be read; the new plan is in `new_plan_folder`.
        planned: The manifest of the new plan.

    Returns:
        That manifest, with the teacher that made the depth there is, and the statistics of what is whole.

    Raises:
        Problem: What is there isn't of this plan.
    """
    store = path / "data.zarr"
    different = [] if _attributes(store) == group_attributes(planned.parts[0]) else [store]
    different += changed_files(path, planned.parts)
    if different:
        raise Problem(
            f"{path}: holds a corpus without a sound manifest/corpus.json, which the same plan writes again, and keeps "
            f"what was made; this one isn't the same, or {different[0]} is damaged: restore what is lost, give the "
            "pictures and options of before, another folder, or --replace to remove what was made",
            exit_code=2,
        )
    manifest = replace(planned, teacher=_teacher(path, planned))
    found = {array: _statistics(path, array, manifest) for array in SHARDED_ARRAYS}
    statistics = {**planned.statistics, **{array: each for array, each in found.items() if each}}
    return replace(manifest, statistics=dict(sorted(statistics.items())))


def _attributes(store: Path) -> Mapping[str, Any]:
    """Return the attributes of a zarr.json; none where it isn't there or isn't one."""
    try:
        return dict(read_json(store / "zarr.json")["attributes"])
    except OSError as error:
        raise_failed_call(error, store)
        return {}
    except (ValueError, KeyError, TypeError):
        return {}


def _teacher(path: Path, planned: Manifest) -> dict[str, Any] | None:
    """Return the teacher as the array `depth` has it; None where there is no depth."""
    depth, marks = path / "data.zarr" / "depth", path / "done" / "depth"
    if not depth.exists() and not marks.exists():
        return None
    try:
        said = _attributes(depth)
        teacher = {**said["teacher"], "encoding": said["encoding"]}
        layouts = part_layouts(planned.geometry, 0, False, teacher)
        if metadata_bytes(layouts["depth"]) == read_regular(depth / "zarr.json"):
            return teacher
    except (FileNotFoundError, LookupError, TypeError, ValueError):
        pass
    raise Problem(
        f"{depth}/zarr.json: is lost or damaged, and with it and manifest/corpus.json what made the depth: restore one "
        f"of them, or move {depth} and {marks} away: {bgfg_command('label', path)} then makes depth anew",
        exit_code=2,
    )


def _statistics(path: Path, array: str, manifest: Manifest) -> dict[str, Any] | None:
    """Return the statistics of an array from its marks; None where some are left to be made."""
    marks: list[DoneMark] = []
    for samples, part in zip(manifest.geometry.index.rectangles, manifest.parts, strict=True):
        folder = part_folder(path, samples.part)
        shards = len(samples) // (blocks_per_shard(len(samples.cutouts)) * samples.placements)
        if not set(range(shards)) <= marked_shards(folder, array):
            return None
        try:
            found = [DoneMark.load(folder, array, shard) for shard in range(shards)]
        except Problem:
            return None  # what a power cut left of it: its shard is made again
        if {mark.digest for mark in found} != {part.digest}:
            return None
        marks += found
    return combined_statistics(marks)
