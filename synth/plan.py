"""A plan put on disk: folders of pictures become prepared arrays and a manifest, and nothing is drawn after that."""

from __future__ import annotations

import dataclasses
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numcodecs
import numpy as np
import pyarrow as pa
import zarr
from numpy.typing import NDArray

from data_manifests import tables
from data_manifests.assets import Asset, Prepared, scan
from data_manifests.manifest import Digest, Geometry, Manifest, array_sha256, file_sha256
from data_manifests.naming import Name, Names
from data_manifests.placements import draw_background
from data_manifests.problem import Problem
from data_manifests.splits import parse_shares, sample_splits, split_groups
from data_manifests.version import BGFG
from synth.lock import LOCK_FILE, only_writer
from synth.options import PlanOptions
from synth.store import PARTIAL, create_group

_OWN = {LOCK_FILE, PARTIAL, "manifest", "data.zarr", "done"}


@dataclass(frozen=True)
class Planned:
    """What planning gave: the manifest, what was noticed on the way, and whether the plan was there already."""

    manifest: Manifest
    assets: tuple[Asset, ...]
    notes: tuple[str, ...]
    unchanged: bool


def plan_corpus(path: Path, options: PlanOptions, replace: bool, workers: int) -> Planned:
    """Plan a corpus at `path`: scan and prepare the pictures, draw splits and placements, write it all.

    A corpus that is there already is left as it is if this is its plan; another plan is refused unless `replace`,
    which removes what was made by the old one. Raises Problem for what a user has to mend.
    """
    _make_folder(path)
    with only_writer(path):
        shutil.rmtree(path / PARTIAL, ignore_errors=True)
        prepared = scan(
            options.bg,
            options.fg,
            options.bg_depth,
            height_px=options.height_px,
            width_px=options.width_px,
            cutout_height_px=options.cutout_height_px,
            depth_scale_m=options.depth_scale_m,
            skip_bad=options.skip_bad,
            workers=workers,
        )
        fresh = path / PARTIAL / "plan"
        (fresh / "manifest").mkdir(parents=True)
        try:
            manifest, assets = _write(fresh, prepared, options)
            unchanged = _is_unchanged(path, manifest, assets, replace)
            if not unchanged:
                _install(fresh, path)
        finally:
            shutil.rmtree(path / PARTIAL, ignore_errors=True)
    return Planned(manifest, assets, prepared.notes, unchanged)


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise Problem(f"{path}: is a file; a corpus is a folder: give another name", exit_code=2)
    if path.is_dir() and not (path / "manifest" / "corpus.json").exists():
        strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in _OWN)
        if strangers:
            raise Problem(
                f"{path}: holds other things ({', '.join(strangers[:3])}) and no corpus: give an empty or a new folder",
                exit_code=2,
            )
    path.mkdir(parents=True, exist_ok=True)


def _write(folder: Path, prepared: Prepared, options: PlanOptions) -> tuple[Manifest, tuple[Asset, ...]]:
    """Write the prepared arrays, the tables and corpus.json of a plan into `folder`."""
    backgrounds, flips, h, w = len(prepared.background), *prepared.cutout.shape[:3]
    geometry = Geometry(
        backgrounds,
        flips // 2,
        options.placements,
        options.height_px,
        options.width_px,
        options.cutout_height_px,
        (h, w),
    )
    assets = _named_and_split(prepared.assets, geometry, options)
    tables.write_assets(folder / "manifest" / tables.ASSETS, [dataclasses.asdict(asset) for asset in assets])
    digest = _write_samples(folder / "manifest" / tables.SAMPLES, prepared, assets, geometry, options)
    arrays: dict[str, NDArray[Any]] = {"background": prepared.background, "cutout": prepared.cutout}
    if prepared.background_depth is not None:
        arrays["background_depth"] = prepared.background_depth
    manifest = Manifest(
        geometry=geometry,
        placement_rule=options.rule,
        seed=options.seed,
        split=options.split,
        digest=digest,
        tables={name: file_sha256(folder / "manifest" / name) for name in (tables.ASSETS, tables.SAMPLES)},
        prepared={name: array_sha256(array) for name, array in arrays.items()},
        versions=made_by(),
        left_out=prepared.left_out,
    )
    create_group(folder / "data.zarr", manifest, arrays)
    manifest.save(folder / "manifest" / "corpus.json")
    return manifest, assets


def _named_and_split(assets: tuple[Asset, ...], geometry: Geometry, options: PlanOptions) -> tuple[Asset, ...]:
    names = Names(geometry.backgrounds, geometry.cutouts, geometry.placements)
    shares = parse_shares(options.split)
    backgrounds = [a for a in assets if a.kind == "background"]
    cutouts = [a for a in assets if a.kind == "cutout" and a.flip_of is None]
    background_splits = split_groups([a.group for a in backgrounds], shares, options.seed, "background")
    cutout_splits = split_groups([a.group for a in cutouts], shares, options.seed, "cutout")

    def complete(asset: Asset) -> Asset:
        if asset.kind == "background":
            return dataclasses.replace(
                asset, name=names.write(Name("bg", background=asset.id)), split=background_splits[asset.id]
            )
        c, flipped = divmod(asset.id, 2)
        return dataclasses.replace(
            asset, name=names.write(Name("fg", cutout=c, flipped=bool(flipped))), split=cutout_splits[c]
        )

    return tuple(complete(asset) for asset in assets)


def _write_samples(
    path: Path, prepared: Prepared, assets: tuple[Asset, ...], geometry: Geometry, options: PlanOptions
) -> str:
    """Draw the placements, write samples.parquet and return the digest of the corpus."""
    digest = Digest(geometry, prepared.background, prepared.cutout)
    background_splits = [str(a.split) for a in assets if a.kind == "background"]
    cutout_splits = [str(a.split) for a in assets if a.kind == "cutout"]
    with tables.SampleWriter(path, geometry) as writer:
        for b, boxes in enumerate(draw(geometry, prepared.cutout_size, options.rule, options.seed)):
            digest.add(boxes)
            visible = [
                tables.visible_pixels(rgba[..., 3], placed, geometry.height_px, geometry.width_px)
                for rgba, placed in zip(prepared.cutout, boxes, strict=True)
            ]
            splits = sample_splits(background_splits[b], cutout_splits, geometry.placements)
            writer.add(b, boxes, np.array(visible, np.int32), splits)
    return digest.hexdigest()


def draw(geometry: Geometry, cutout_size: NDArray[np.int32], rule: str, seed: int) -> Iterator[NDArray[np.int32]]:
    """Yield the boxes of each background, (F, K, 4) int32; cutout_size: (F, 2) int32 height and width in pixels."""
    g = geometry
    for b in range(g.backgrounds):
        yield draw_background(rule, seed, b, cutout_size, g.placements, g.height_px, g.width_px)


def made_by() -> dict[str, str]:
    """Return the versions of what makes a corpus."""
    modules = {"numpy": np, "opencv": cv2, "zarr": zarr, "numcodecs": numcodecs, "pyarrow": pa}
    return {"bgfg": BGFG, "python": platform.python_version(), "pillow": version("pillow")} | {
        name: module.__version__ for name, module in modules.items()
    }


def _is_unchanged(path: Path, manifest: Manifest, assets: tuple[Asset, ...], replace: bool) -> bool:
    """Say whether the corpus at `path` has this very plan; raise Problem where it has another that may not go."""
    corpus_json = path / "manifest" / "corpus.json"
    if replace or not corpus_json.exists():
        return False
    there = Manifest.load(corpus_json)
    rows = tables.read_assets(path / "manifest" / tables.ASSETS)
    old, new = (
        {"digest": m.digest[:12], "seed": m.seed, "placement": m.placement_rule, "split": m.split, "depth": m.prepared}
        | {"sizes and counts": m.geometry}
        for m in (there, manifest)
    )
    different = [name for name, value in new.items() if old[name] != value]
    if not different and rows != [dataclasses.asdict(asset) for asset in assets]:
        different = ["names or groups of pictures"]
    if different:
        raise Problem(
            f"{path}: holds a corpus of another plan (different: {', '.join(different)}): give the same pictures and "
            "options to go on with it, another folder, or --replace to remove it and what was made of it"
        )
    return True


def _install(fresh: Path, path: Path) -> None:
    """Put a new plan in the place of what is there; the manifest goes first and comes last."""
    old = path / PARTIAL / "old"
    old.mkdir()
    for name in ("manifest", "data.zarr", "done"):
        if (path / name).exists():
            (path / name).rename(old / name)
    (fresh / "data.zarr").rename(path / "data.zarr")
    (fresh / "manifest").rename(path / "manifest")
