"""Plans a corpus: folders of pictures become prepared arrays and a manifest; nothing random is drawn after that."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as with_changed
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bgfg.data_manifests.assets.cameras import contradicting_photos, with_cameras
from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, contradictions, sorted_classes, thin_classes
from bgfg.data_manifests.assets.preparation import prepare_assets
from bgfg.data_manifests.assets.prepared_assets import Asset, PreparedAssets, original_cutouts
from bgfg.data_manifests.audit.pixel_checks import check_alpha
from bgfg.data_manifests.corpus import asset_table, sample_table
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import save_manifest
from bgfg.data_manifests.corpus.perspective_plan import PerspectivePlan, plan_perspective
from bgfg.data_manifests.corpus.samples import draw_samples, name_and_split_assets
from bgfg.data_manifests.corpus.splits import shared_splits
from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE
from bgfg.data_manifests.files.checksum import array_sha256, file_sha256
from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.plan.class_warnings import class_warnings
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.install import clear_install, finish_install, install_plan, new_plan_folder
from bgfg.synth.plan.large_plan import add_parts, background_ranges, first_part
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.placer import make_placer
from bgfg.synth.plan.plan_folder import failing_calls_told, find_unchanged, require_plan_folder
from bgfg.synth.plan.recipe_file import RECIPE_FILE, write_recipe
from bgfg.synth.plan.sample_tables import write_sample_tables
from bgfg.synth.plan.versions import library_versions
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.group import create_group
from bgfg.synth.store.lock import writer_folder
from bgfg.synth.store.outputs import CORPUS, require_apart, require_place


@dataclass(frozen=True)
class PlanResult:
    """What planning gave.

    Attributes:
        manifest: The manifest of the corpus.
        assets: Its backgrounds and cut-outs.
        notes: What was noticed on the way.
        unchanged: Whether this very plan was there already.
        placement_note: What the rule of placement found and assumed, a line; empty where it looks at nothing.
        warnings: What is odd about the options, and wrong with pictures that are used all the same, a line each.
    """

    manifest: Manifest
    assets: tuple[Asset, ...]
    notes: tuple[str, ...]
    unchanged: bool
    placement_note: str = ""
    warnings: tuple[str, ...] = ()


def plan_corpus(
    path: Path, options: PlanOptions, replace: bool, workers: int, progress: Progress = no_progress
) -> PlanResult:
    """Plan a corpus: scan and prepare the pictures, draw splits and placements, write it all.

    A sound corpus of this very plan that is there already is left as it is. Another one, or a damaged one, is refused
    unless `replace`, which removes it with all that was made of it.

    Args:
        path: The folder of the corpus.
        options: What the plan is made from.
        replace: Whether a corpus of another plan is removed.
        workers: Threads that read pictures, and processes that draw placements where that takes long.
        progress: Where progress is shown.

    Returns:
        The plan, new or as it was.

    Raises:
        Problem: Something that the user has to mend, in the pictures, the options or the folder.
    """
    inputs = (("--bg", options.bg), ("--fg", options.fg), ("--bg-depth", options.bg_depth))
    require_apart(path, "CORPUS", *inputs)
    require_place(path, "CORPUS", CORPUS)
    require_plan_folder(path)
    with failing_calls_told(path), writer_folder(path):
        return _plan_locked(path, options, replace, Drawing(workers, progress))


def _plan_locked(path: Path, options: PlanOptions, replace: bool, drawing: Drawing) -> PlanResult:
    finish_install(path)
    prepared, perspective = _prepare(options, drawing)
    try:
        manifest, assets, remarks = _write_plan(new_plan_folder(path), prepared, options, perspective, drawing)
        there = find_unchanged(path, manifest, assets, replace)
        if there is None:
            install_plan(path)
        else:
            # Options that change nothing of the plan may be others, and an earlier bgfg wrote none.
            same_words = with_changed(options, split=there.manifest.split)
            write_recipe(path / "manifest" / RECIPE_FILE, same_words)
    except BaseException:
        with suppress(OSError):  # what went wrong before is what is told
            clear_install(path)
        raise
    clear_install(path)
    return PlanResult(
        manifest,
        assets,
        (*prepared.notes, *_class_notes(assets, options), *remarks.lines("note"), *(_notes_on(there) if there else ())),
        there is not None,
        perspective.describe(_photos_px(prepared.assets)) if perspective else "",
        (
            *options.warnings,
            *class_warnings(contradictions(original_cutouts(assets))),
            *_camera_warnings(prepared.assets, options),
            *remarks.lines("warning"),
        ),
    )


def _prepare(options: PlanOptions, drawing: Drawing) -> tuple[PreparedAssets, PerspectivePlan | None]:
    """Read the pictures, and find the floors in them where people are to stand on these."""
    prepared = prepare_assets(
        options.bg,
        options.fg,
        options.bg_depth,
        height_px=options.height_px,
        width_px=options.width_px,
        cutout_height_px=options.cutout_height_px,
        depth_scale_m=options.depth_scale_m,
        skip_bad=options.skip_bad,
        fix_cutouts=options.fix_cutouts,
        classes=options.classes,
        check_cutout=check_alpha,  # planning says what `audit --full` says
        workers=drawing.workers,
        progress=drawing.progress,
    )
    if options.rule != "perspective":
        return prepared, None
    K = options.placements_per_block
    return plan_perspective(prepared, options.bg, options.seed, K, options.fov_deg, options.skip_bad, drawing.progress)


def _class_notes(assets: tuple[Asset, ...], options: PlanOptions) -> list[str]:
    """Return a line for each class that is missing in a split."""
    thin = thin_classes(original_cutouts(assets), shared_splits(options.split))
    return [f"class {label}: {reason}: give more, or another --split" for label, reason in thin]


def _notes_on(there: Corpus) -> tuple[str, ...]:
    """Return what there is to say of a corpus of this very plan: what was mended of it, and what was added to it."""
    added = there.geometry.describe_added(there.manifest.plan_parts)
    return (*there.mended, *([f"{there.path}: was extended since by {added}: that stays"] if added else []))


def _photos_px(assets: tuple[Asset, ...]) -> list[float]:
    """Return the focal lengths that photos of backgrounds say."""
    return [asset.focal_px for asset in assets if asset.kind == "background" and asset.focal_px is not None]


def _camera_warnings(assets: tuple[Asset, ...], options: PlanOptions) -> list[str]:
    """Return a line on the photos that say another field of view than was told."""
    if options.fov_deg is None:
        return []
    found = contradicting_photos(assets, options.fov_deg, min(options.height_px, options.width_px))
    if not found:
        return []
    said = f"{counted(len(found), 'photo')} say another field of view in their EXIF data ({first_few(found, 3)})"
    return [f"--fov-deg {options.fov_deg:g}: {said}: leave it out to take theirs"]


def _write_plan(
    folder: Path,
    prepared: PreparedAssets,
    options: PlanOptions,
    perspective: PerspectivePlan | None,
    drawing: Drawing,
) -> tuple[Manifest, tuple[Asset, ...], RemarkCounter]:
    """Write all parts and corpus.json of a plan into `folder`."""
    floors_px = {b: floor.focal_px for b, floor in enumerate(perspective.floors)} if perspective else {}
    rows = with_cameras(prepared.assets, options.fov_deg, min(options.height_px, options.width_px), floors_px)
    prepared = with_changed(prepared, assets=rows)
    per_background = len(prepared.cutout) * options.placements_per_block
    most_cutouts = options.crowd.most if options.crowd else 1
    ranges = background_ranges(len(prepared.background), per_background, most_cutouts)
    remarks = RemarkCounter(prepared.remarks, rows, _geometry(prepared, options))
    manifest, assets = _write_first_part(
        folder, first_part(prepared, ranges[0]), options, perspective, remarks, drawing
    )
    if len(ranges) > 1:
        manifest, assets = add_parts(folder, manifest, assets, prepared, ranges, remarks, drawing)
    save_manifest(manifest, folder / "manifest" / "corpus.json")
    write_recipe(folder / "manifest" / RECIPE_FILE, options)
    return manifest, assets, remarks


def _geometry(prepared: PreparedAssets, options: PlanOptions) -> CorpusGeometry:
    """Return the counts and sizes of a plan in one part."""
    flips, h, w = prepared.cutout.shape[:3]
    return CorpusGeometry(
        len(prepared.background),
        flips // 2,
        options.placements_per_block,
        options.height_px,
        options.width_px,
        options.cutout_height_px,
        (h, w),
    )


def _write_first_part(
    folder: Path,
    prepared: PreparedAssets,
    options: PlanOptions,
    perspective: PerspectivePlan | None,
    remarks: RemarkCounter,
    drawing: Drawing,
) -> tuple[Manifest, tuple[Asset, ...]]:
    """Write the prepared arrays and the tables of the first part of a plan, as a rule the only one."""
    geometry = _geometry(prepared, options)
    assets = name_and_split_assets(prepared.assets, geometry, options.split, options.seed)
    classes = sorted_classes(str(cutout.label) for cutout in original_cutouts(assets))
    asset_table.write_assets(folder / "manifest" / asset_table.ASSETS_FILE, [vars(asset) for asset in assets])
    digest, statistics = _write_samples(
        folder / "manifest", prepared, assets, geometry, options, perspective, remarks, drawing
    )
    arrays: dict[str, NDArray[Any]] = {"background": prepared.background, "cutout": prepared.cutout}
    if prepared.background_depth is not None:
        arrays["background_depth"] = prepared.background_depth
    names = [
        *(asset_table.ASSETS_FILE, sample_table.SAMPLES_FILE),
        *([INSTANCES_FILE] if options.crowd else []),
        *([DISTRACTORS_FILE] if options.variety and options.variety.distractors[1] else []),
    ]
    manifest = Manifest(
        geometry=geometry,
        placement_rule=options.rule,
        seed=options.seed,
        split=options.split,
        digest=digest,
        tables={name: file_sha256(folder / "manifest" / name) for name in names},
        prepared={name: array_sha256(array) for name, array in arrays.items()},
        versions=library_versions(),
        left_out=prepared.left_out,
        statistics=statistics,
        fov_deg=options.fov_deg,
        crowd=options.crowd,
        cutout_fixes=prepared.cutout_fixes,
        classes=None if classes == (DEFAULT_LABEL,) else classes,
        variety=options.variety,
    )
    create_group(folder / "data.zarr", manifest, arrays)
    return manifest, assets


def _write_samples(
    folder: Path,
    prepared: PreparedAssets,
    assets: tuple[Asset, ...],
    geometry: CorpusGeometry,
    options: PlanOptions,
    perspective: PerspectivePlan | None,
    remarks: RemarkCounter,
    drawing: Drawing,
) -> tuple[str, dict[str, Any]]:
    """Draw the placements, write their tables into `folder`; return the digest of the corpus, and what was counted."""
    depth_mm = prepared.background_depth if perspective else None
    variety = options.variety
    digest = PixelDigest(
        *(geometry, prepared.background, prepared.cutout, depth_mm, options.crowd is not None),
        variety.to_dict() if variety else None,
    )
    rectangle = geometry.index.rectangles[0]
    placer = make_placer(
        *(options.rule, options.seed, geometry, prepared.cutout, prepared.cutout_sizes_px, perspective),
        *(rectangle.cutouts, variety),
    )
    labels = [str(asset.label) for asset in assets if asset.kind == "cutout"]
    drawn = draw_samples(
        *(geometry, rectangle, assets, placer, options.crowd, options.seed, drawing.progress, variety),
        in_order=drawing.in_order,
    )
    counted = write_sample_tables(folder, rectangle, drawn, labels, options.crowd is not None, digest, remarks, variety)
    return digest.hexdigest(), counted
