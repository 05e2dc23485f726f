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
    old_values, values = _option_values(there), _option_values(new)
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
    told = {**_option_values(manifest), "--split": manifest.split}
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
        if _column(old_rows, kind, "sha256") != _column(rows, kind, "sha256"):
            different.append(f"pictures of {option}")
        elif _column(old_rows, kind, "file") != _column(rows, kind, "file"):
            different.append(f"names of the pictures of {option}")
    if _column(old_rows, "cutout", "label") != _column(rows, "cutout", "label"):
        classes, were = (", ".join(manifest.class_names) for manifest in (new, there))
        different.append(f"classes of --fg: {classes} (was {were})" if classes != were else "who is of which class")
    name = "background_depth"
    if there.prepared.get(name) != new.prepared.get(name):
        different.append("--bg-depth or --depth-scale")
    elif _column(old_rows, "background", "depth_file") != _column(rows, "background", "depth_file"):
        different.append("names of the depth maps of --bg-depth")
    return different


def _option_values(manifest: Manifest) -> dict[str, str]:
    """Return the options of a plan that its manifest tells, as they are given."""
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


def _column(rows: Sequence[AssetRow], kind: str, name: str) -> list[Any]:
    return [row[name] for row in rows if row["kind"] == kind]
