"""The cameras of the backgrounds: their focal lengths, and where these come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bgfg.data_manifests.assets.prepared_assets import Asset
from bgfg.data_manifests.images.field_of_view import field_of_view_deg, focal_length_of_view

FocalSource = Literal["told", "photo", "floor"]
FOCAL_SOURCES: tuple[FocalSource, ...] = ("told", "photo", "floor")
_SOURCES = {"told": "as told", "photo": "by the photos' EXIF data", "floor": "estimated from their floors"}

# By how much what a photo says may differ from what was told of it before that is worth a word.
_TOLERANCE = 0.05


def with_cameras(
    assets: Sequence[Asset], fov_deg: float | None, side_px: int, floors_px: Mapping[int, float]
) -> tuple[Asset, ...]:
    """Return assets whose backgrounds say their focal length: as told, as the photo says, as their floor lets expect.

    Args:
        assets: Rows of the assets, with what their photos say.
        fov_deg: Field of view of all cameras across the frame's shorter side; None where it wasn't told.
        side_px: The frame's shorter side.
        floors_px: Number of a background -> focal length that was estimated from its floor; empty where none was
            looked for.
    """

    def of(asset: Asset) -> Asset:
        if asset.kind != "background":
            return asset
        if fov_deg is not None:
            return replace(asset, focal_px=focal_length_of_view(fov_deg, side_px), focal_from="told")
        if asset.focal_px is None and asset.id in floors_px:
            return replace(asset, focal_px=floors_px[asset.id], focal_from="floor")
        return asset

    return tuple(of(asset) for asset in assets)


def describe_cameras(focal_px: Sequence[float | None], sources: Sequence[str | None], side_px: int) -> str:
    """Say in a line which fields of view the backgrounds have, and how that is known; empty where none is known.

    Args:
        focal_px: Focal lengths of the backgrounds, None where they aren't known.
        sources: Where each is from.
        side_px: The frame's shorter side.
    """
    views = sorted(field_of_view_deg(px, side_px) for px in focal_px if px is not None)
    if not views:
        return ""
    low, high = f"{views[0]:.0f}", f"{views[-1]:.0f}"
    counts = [(sources.count(source), words) for source, words in _SOURCES.items() if source in sources]
    unknown = sources.count(None)
    said = [words if count == len(sources) else f"{count:,} {words}" for count, words in counts]
    said += [f"{unknown:,} not known"] if unknown else []
    span = low if low == high else f"{low} to {high}"
    return f"field of view of {span} degrees across the shorter side ({', '.join(said)})"


def contradicting_photos(assets: Sequence[Asset], fov_deg: float, side_px: int) -> list[str]:
    """Return the files of photos that say another field of view than was told."""
    told_px = focal_length_of_view(fov_deg, side_px)
    said = ((asset.file, asset.focal_px) for asset in assets if asset.kind == "background")
    return [file for file, px in said if px is not None and abs(px / told_px - 1) > _TOLERANCE]
