"""The assets of a corpus as rows and arrays: backgrounds, cut-outs and their flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.findings import Severity

AssetKind = Literal["background", "cutout"]


@dataclass(frozen=True)
class AssetRemark:
    """Something about a picture that can be used all the same.

    Attributes:
        kind: Kind of the picture.
        file: Name of its file.
        severity: "warning", or "note" of what was decided.
        check: Short name of what was noticed, such as "premultiplied".
        text: What is the matter, as it goes on after "3 backgrounds"; "" where the check has a text of its own.
    """

    kind: AssetKind
    file: str
    severity: Severity
    check: str
    text: str = ""


@dataclass(frozen=True)
class Asset:
    """A background, a cut-out, or the flip of one: a row of assets.parquet.

    Attributes:
        kind: "background" or "cutout".
        id: Number, from 0 for each kind; cut-out c is 2c and its flip 2c + 1.
        name: Canonical name; empty until names are assigned.
        file: Name of the source file, of a cut-out in a sub-folder with it, such as "dog/rex.png".
        flip_of: Of a flip, the id of its original.
        width_px: Width of the source, of a cut-out that was trimmed what is left of it.
        height_px: Height of the source, likewise.
        sha256: SHA-256 of the source file.
        depth_file: Name of a background's depth map, if there is one.
        depth_sha256: SHA-256 of that file.
        group: Smallest id in its group of near-duplicates.
        split: "train", "val" or "test"; None until splits are assigned.
        label: Class of a cut-out; None for a background.
        focal_px: Focal length of a background's camera, in pixels of the frame; None where it isn't known.
        focal_from: Where that is from: "told", "photo" (its EXIF data), or "floor" (estimated by --placement
            perspective).
    """

    kind: AssetKind
    id: int
    name: str
    file: str
    flip_of: int | None
    width_px: int
    height_px: int
    sha256: str
    depth_file: str | None
    depth_sha256: str | None
    group: int
    split: str | None
    label: str | None = None
    focal_px: float | None = None
    focal_from: str | None = None


@dataclass(frozen=True)
class PreparedAssets:
    """The pictures of the given folders, ready for the store.

    Attributes:
        assets: B backgrounds, then F cut-outs and flips, each in order of id; without names and splits.
        background: (B, H, W, 3) uint8 RGB.
        cutout: (F, h, w, 4) uint8 RGBA, cut-out c at 2c and its flip at 2c + 1, each top-left in the largest one's box,
            zero elsewhere.
        cutout_sizes_px: (F, 2) int32, height and width.
        background_depth: (B, H, W) uint16 mm, 0 unknown; None where no depth was given.
        left_out: (file, reason) of what was skipped.
        notes: A line for each kind of thing that was ignored, or decided for a whole folder.
        remarks: What was noticed about single pictures.
        cutout_fixes: File of a cut-out -> what was undone of its defects; None where that wasn't asked for.
    """

    assets: tuple[Asset, ...]
    background: NDArray[np.uint8]
    cutout: NDArray[np.uint8]
    cutout_sizes_px: NDArray[np.int32]
    background_depth: NDArray[np.uint16] | None
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    remarks: tuple[AssetRemark, ...] = ()
    cutout_fixes: Mapping[str, tuple[str, ...]] | None = None


def original_cutouts(assets: Sequence[Asset]) -> list[Asset]:
    """Return the cut-outs among assets, without their flips."""
    return [asset for asset in assets if asset.kind == "cutout" and asset.flip_of is None]


def without_backgrounds(prepared: PreparedAssets, reasons: Mapping[int, str]) -> PreparedAssets:
    """Leave out some backgrounds; the others are numbered anew.

    Args:
        prepared: All assets.
        reasons: Number of a background to leave out -> reason.

    Returns:
        The other assets, with the reasons in `left_out`.
    """
    kept = [b for b in range(len(prepared.background)) if b not in reasons]
    rows = [asset for asset in prepared.assets if asset.kind == "background"]
    # A group is called after its smallest id: of each, the first background that is kept gives the new one.
    first: dict[int, int] = {}
    for new, b in enumerate(kept):
        first.setdefault(rows[b].group, new)
    numbered = [replace(rows[b], id=new, group=first[rows[b].group]) for new, b in enumerate(kept)]
    depth_mm = prepared.background_depth
    return replace(
        prepared,
        assets=(*numbered, *prepared.assets[len(rows) :]),
        background=prepared.background[kept],
        background_depth=None if depth_mm is None else depth_mm[kept],
        left_out=(*prepared.left_out, *((rows[b].file, reason) for b, reason in reasons.items())),
    )
