"""A plan put on disk: folders of pictures become prepared arrays and a manifest, and nothing is drawn after that."""

from __future__ import annotations

import dataclasses
import json
import platform
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numcodecs
import numpy as np
import pyarrow as pa
import zarr
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.assets import Asset, Prepared, scan
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES, Census
from bgfg.data_manifests.corpus.manifest import FORMAT, Digest, Geometry, Manifest, array_sha256, file_sha256
from bgfg.data_manifests.corpus.perspective_plan import Staging, staged
from bgfg.data_manifests.corpus.samples import Ground, draw, named_and_split
from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.placement.random_grid import Scatter
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.data_manifests.terminal.version import BGFG
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.store.lock import LOCK_FILE, only_writer
from bgfg.synth.store.marks import PARTIAL
from bgfg.synth.store.store import Corpus, create_group
from numpy.typing import NDArray

_OWN = {LOCK_FILE, PARTIAL, "manifest", "data.zarr", "done"}


@dataclass(frozen=True)
class Planned:
    """What planning gave: the manifest, what was noticed on the way, and whether the plan was there already.

    placing: what the rule of placement found and assumed, a line; empty where it looks at nothing.
    """

    manifest: Manifest
    assets: tuple[Asset, ...]
    notes: tuple[str, ...]
    unchanged: bool
    placing: str = ""


def plan_corpus(path: Path, options: PlanOptions, replace: bool, workers: int, progress: Progress = silent) -> Planned:
    """Plan a corpus at `path`: scan and prepare the pictures, draw splits and placements, write it all.

    A sound corpus of this very plan that is there already is left as it is. Another one, or a damaged one, is refused
    unless `replace`, which removes it with all that was made of it. Raises Problem for what a user has to mend.
    """
    is_new = not path.exists()
    _make_folder(path, replace)
    try:
        with only_writer(path):
            return _plan(path, options, replace, workers, progress)
    except BaseException as error:
        if is_new:
            shutil.rmtree(path, ignore_errors=True)
        if isinstance(error, OSError):
            line = f"{path}: can't be written ({error.strerror or error}): mend that and run it again"
            raise Problem(line) from error
        raise


def _plan(path: Path, options: PlanOptions, replace: bool, workers: int, progress: Progress) -> Planned:
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
        progress=progress,
    )
    staging = None
    if options.rule == "perspective":
        prepared, staging = staged(
            prepared, options.bg, options.seed, options.placements, options.fov_deg, options.skip_bad, progress
        )
    fresh = path / PARTIAL / "plan"
    (fresh / "manifest").mkdir(parents=True)
    try:
        manifest, assets = _write(fresh, prepared, options, staging, progress)
        unchanged = _is_unchanged(path, manifest, assets, replace)
        if not unchanged:
            _install(fresh, path)
    finally:
        shutil.rmtree(path / PARTIAL, ignore_errors=True)
    return Planned(manifest, assets, prepared.notes, unchanged, staging.describe() if staging else "")


def _make_folder(path: Path, replace: bool) -> None:
    """Make the corpus's folder; raise Problem where there is something else that a plan would destroy."""
    if path.is_symlink() and not path.exists():
        raise Problem(f"{path}: is a link to nothing: remove it, or give another name", exit_code=2)
    if path.exists() and not path.is_dir():
        raise Problem(f"{path}: is a file; a corpus is a folder: give another name", exit_code=2)
    path.mkdir(parents=True, exist_ok=True)
    if (path / "manifest" / "corpus.json").exists():
        return
    there = {entry.name for entry in path.iterdir()}
    is_ours = _is_half_installed(path) or (replace and _is_store(path / "data.zarr"))
    strangers = sorted(there - ({*_OWN} if is_ours else {LOCK_FILE, PARTIAL}))
    if strangers:
        hint = ": restore it, or give --replace to remove what is left of it" if _is_store(path / "data.zarr") else ""
        raise Problem(
            f"{path}: holds other things ({', '.join(strangers[:3])}) and no manifest/corpus.json{hint}; or give an "
            "empty or a new folder",
            exit_code=2,
        )


def _is_half_installed(path: Path) -> bool:
    """Say whether a plan was killed while it was put in its place: nothing has been made of it yet."""
    return (path / PARTIAL / "plan" / "manifest" / "corpus.json").exists() and not (path / "done").exists()


def _is_store(path: Path) -> bool:
    try:
        return bool(json.loads((path / "zarr.json").read_text(encoding="utf-8"))["attributes"]["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(
    folder: Path, prepared: Prepared, options: PlanOptions, staging: Staging | None, progress: Progress
) -> tuple[Manifest, tuple[Asset, ...]]:
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
    assets = named_and_split(prepared.assets, geometry, options.split, options.seed)
    tables.write_assets(folder / "manifest" / tables.ASSETS, [dataclasses.asdict(asset) for asset in assets])
    digest, statistics = _write_samples(folder / "manifest", prepared, assets, geometry, options, staging, progress)
    arrays: dict[str, NDArray[Any]] = {"background": prepared.background, "cutout": prepared.cutout}
    if prepared.background_depth is not None:
        arrays["background_depth"] = prepared.background_depth
    names = (tables.ASSETS, tables.SAMPLES, *([INSTANCES] if options.crowd else []))
    manifest = Manifest(
        geometry=geometry,
        placement_rule=options.rule,
        seed=options.seed,
        split=options.split,
        digest=digest,
        tables={name: file_sha256(folder / "manifest" / name) for name in names},
        prepared={name: array_sha256(array) for name, array in arrays.items()},
        versions=made_by(),
        left_out=prepared.left_out,
        statistics=statistics,
        fov_deg=options.fov_deg,
        crowd=options.crowd,
    )
    create_group(folder / "data.zarr", manifest, arrays)
    manifest.save(folder / "manifest" / "corpus.json", folder)
    return manifest, assets


def _write_samples(
    folder: Path,
    prepared: Prepared,
    assets: tuple[Asset, ...],
    geometry: Geometry,
    options: PlanOptions,
    staging: Staging | None,
    progress: Progress,
) -> tuple[str, dict[str, Any]]:
    """Draw the placements, write their tables into `folder`; return the digest of the corpus, and what was counted."""
    depth_mm = prepared.background_depth if staging else None
    digest = Digest(geometry, prepared.background, prepared.cutout, depth_mm, options.crowd is not None)
    ground: Ground = partial(
        Scatter, options.rule, options.seed, geometry, prepared.cutout_size, prepared.cutout[..., 3]
    )
    if staging:
        ground = staging.on
    census = Census()
    with ExitStack() as stack:
        samples = stack.enter_context(tables.TableWriter(folder / tables.SAMPLES, tables.SAMPLE_SCHEMA))
        if options.crowd:
            instances = stack.enter_context(tables.TableWriter(folder / INSTANCES, INSTANCE_SCHEMA))
        for drawn in draw(geometry, assets, ground, options.crowd, options.seed, progress):
            digest.add(drawn.pastes)
            samples.add(drawn.samples)
            if drawn.instances:
                instances.add(drawn.instances.table())
                census.add(drawn.instances, drawn.fewer)
    return digest.hexdigest(), census.statistics()


def made_by() -> dict[str, str]:
    """Return the versions of what makes a corpus."""
    modules = {"numpy": np, "opencv": cv2, "zarr": zarr, "numcodecs": numcodecs, "pyarrow": pa}
    return {"bgfg": BGFG, "python": platform.python_version(), "pillow": version("pillow")} | {
        name: module.__version__ for name, module in modules.items()
    }


def _is_unchanged(path: Path, manifest: Manifest, assets: tuple[Asset, ...], replace: bool) -> bool:
    """Say whether a sound corpus of this very plan is there; raise Problem where another one is that may not go."""
    if not (path / "manifest" / "corpus.json").exists():
        return False
    try:
        corpus = Corpus(path)
        corpus.check_plan()
    except Problem:
        if replace:
            return False
        raise
    there, rows = corpus.manifest, tables.read_assets(path / "manifest" / tables.ASSETS)
    depth, split = "background_depth", parse_shares
    compared = {
        "seed": (there.seed, manifest.seed),
        "placement": (there.placement_rule, manifest.placement_rule),
        "field of view": (there.fov_deg, manifest.fov_deg),
        "cut-outs per sample": (there.crowd, manifest.crowd),
        "split": (split(there.split), split(manifest.split)),
        "counts or sizes": (there.geometry, manifest.geometry),
        "pictures or positions": (there.digest, manifest.digest),
        "depth maps": (there.prepared.get(depth), manifest.prepared.get(depth)),
        "names or groups of pictures": (rows, [dataclasses.asdict(asset) for asset in assets]),
    }
    different = [name for name, (old, new) in compared.items() if old != new]
    if different and not replace:
        raise Problem(
            f"{path}: holds a corpus of another plan (different: {', '.join(different)}): give the same pictures and "
            "options to go on with it, another folder, or --replace to remove it and what was made of it"
        )
    return not different


def _install(fresh: Path, path: Path) -> None:
    """Put a new plan in the place of what is there; the manifest goes first and comes last."""
    old = path / PARTIAL / "old"
    old.mkdir()
    for name in ("manifest", "data.zarr", "done"):
        if (path / name).exists():
            (path / name).rename(old / name)
    (fresh / "data.zarr").rename(path / "data.zarr")
    (fresh / "manifest").rename(path / "manifest")
