"""In what a plan differs from the one that is there, in the words of the options that make the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.splits import parse_shares
from bgfg.data_manifests.placement.variety import Variety

AssetRow = Mapping[str, Any]


def different_options(there: Manifest, new: Manifest) -> list[str]:
    """Return the options by which two plans differ, with both values, such as "--seed 3 (was 0)"."""
    old_values, values = option_values(there), option_values(new)
    different = [
        f"{option} {value} (was {old_values[option]})"
        for option, value in values.items()
        if value != old_values[option]
    ]
    # Shares are compared, not their spelling.
    if parse_shares(there.split) != parse_shares(new.split):
        different.append(f"--split {new.split} (was {there.split})")
    return different


def recipe_differences(manifest: Manifest, recipe: Mapping[str, str | int | float | bool]) -> list[str]:
    """Return the options, without dashes, by which a recipe differs from what the manifest of its corpus tells."""
    told = {**option_values(manifest), "--split": manifest.split}
    given = {True: "given", False: "not given"}
    found = []
    for option, value in told.items():
        key = option.removeprefix("--")
        said = recipe.get(key, "not given")
        text = given[said] if isinstance(said, bool) else f"{said:g}" if isinstance(said, float) else str(said)
        if text != value:
            found.append(key)
    return found


def different_pictures(
    there: Manifest, new: Manifest, old_rows: Sequence[AssetRow], rows: Sequence[AssetRow]
) -> list[str]:
    """Return the folders by whose pictures two plans differ, as options.

    Args:
        there: The manifest that is there.
        new: The manifest of the new plan.
        old_rows: The rows of assets.parquet that are there.
        rows: Those of the new plan.
    """
    different = []
    for option, kind in (("--bg", "background"), ("--fg", "cutout")):
        if not _are_same(old_rows, rows, kind):
            different.append(f"pictures of {option}")
        elif not _are_same(old_rows, rows, kind, "file"):
            different.append(f"names of the pictures of {option}")
    classes, were = (", ".join(manifest.class_names) for manifest in (new, there))
    if classes != were:
        different.append(f"classes of --fg: {classes} (was {were})")
    elif _are_same(old_rows, rows, "cutout") and not _are_same(old_rows, rows, "cutout", "label"):
        different.append("who is of which class")
    return [*different, *_different_depth(there, new, old_rows, rows)]


def _different_depth(
    there: Manifest, new: Manifest, old_rows: Sequence[AssetRow], rows: Sequence[AssetRow]
) -> list[str]:
    """Return how depth maps differ; those of other backgrounds, or of another size, are others in any case."""
    was, now = (manifest.prepared.get("background_depth") for manifest in (there, new))
    if (was is None) != (now is None):
        return ["--bg-depth"]
    if not _are_same(old_rows, rows, "background"):
        return []
    if was != now and there.geometry.frame_px == new.geometry.frame_px:
        return ["--bg-depth or --depth-scale"]
    return [] if _are_same(old_rows, rows, "background", "depth_file") else ["names of the depth maps of --bg-depth"]


def added_pictures(
    there: Manifest, new: Manifest, old_rows: Sequence[AssetRow], rows: Sequence[AssetRow]
) -> tuple[int, int] | None:
    """Return how many backgrounds and cut-outs a plan has more; None where they aren't all that differs.

    Args:
        there: The manifest that is there.
        new: The manifest of the new plan.
        old_rows: The rows of assets.parquet that are there.
        rows: Those of the new plan.
    """
    if different_options(there, new) or ("background_depth" in there.prepared) != ("background_depth" in new.prepared):
        return None
    pictures = {(row["kind"], row["sha256"]): row["label"] for row in rows}
    known = {(row["kind"], row["sha256"]): row["label"] for row in old_rows}
    more = [kind for kind, _ in pictures.keys() - known.keys()]
    if not more or not known.items() <= pictures.items():
        return None
    return more.count("background"), more.count("cutout")


def option_values(manifest: Manifest) -> dict[str, str]:
    """Return the options of a plan that its manifest tells but --split, as they are given."""
    geometry, crowd, variety = manifest.geometry, manifest.crowd, manifest.variety or Variety()
    return {
        "--size": f"{geometry.width_px}x{geometry.height_px}",
        "--cutout-height": str(geometry.cutout_height_px),
        "--placements": str(geometry.placements // variety.placements_per_place),
        "--placement": manifest.placement_rule,
        "--fov-deg": "not given" if manifest.fov_deg is None else f"{manifest.fov_deg:g}",
        "--cutouts-per-sample": "1" if crowd is None else str(crowd),
        "--max-overlap": "not given" if crowd is None else str(crowd.max_overlap_percent),
        "--seed": str(manifest.seed),
        "--fix-cutouts": "not given" if manifest.cutout_fixes is None else "given",
        **variety.option_values(),
    }


def _are_same(old_rows: Sequence[AssetRow], rows: Sequence[AssetRow], kind: str, column: str = "sha256") -> bool:
    return _column(old_rows, kind, column) == _column(rows, kind, column)


def _column(rows: Sequence[AssetRow], kind: str, name: str) -> list[Any]:
    return [row[name] for row in rows if row["kind"] == kind]
