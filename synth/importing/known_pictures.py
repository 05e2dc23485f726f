"""The backgrounds and cut-outs that are known of an imported set: read, brought to their sizes, as arrays and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind
from bgfg.data_manifests.images.decode import PictureError, decode
from bgfg.data_manifests.images.pixels import load_pixels
from bgfg.data_manifests.images.resampling.fit_to_frame import fit_cutout, flip
from bgfg.data_manifests.images.resampling.frame_geometry import fitted_cutout_size
from bgfg.data_manifests.imports.foreign_set import ForeignPicture, ForeignSet
from bgfg.data_manifests.imports.source_files import SourceFile, SourceFiles
from bgfg.data_manifests.terminal.errors import Problem, lines_by_reason
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.synth.importing.frame import Frame

_HASHED_PX = 64  # side of what near-duplicates are looked for in

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class KnownPictures:
    """The backgrounds and cut-outs of an imported set.

    Attributes:
        assets: Backgrounds, then cut-outs, without splits.
        arrays: "background" (B, H, W, 3) and "cutout" (F, h, w, 4), those that there are.
        cutout_height_px: Height that cut-outs have, less where one is too wide.
    """

    assets: tuple[Asset, ...]
    arrays: dict[str, Pixels]
    cutout_height_px: int

    @property
    def cutout_box_px(self) -> tuple[int, int]:
        """(h, w) of the largest cut-out, (1, 1) where there is none."""
        cutouts = self.arrays.get("cutout")
        return (1, 1) if cutouts is None else (cutouts.shape[1], cutouts.shape[2])


def prepare_known(root: Path, found: ForeignSet, frame: Frame, workers: int, progress: Progress) -> KnownPictures:
    """Read the backgrounds and cut-outs of a set.

    Args:
        root: The folder of the set.
        found: The set.
        frame: The frame of the corpus.
        workers: Number of threads.
        progress: Shows how far it is.

    Returns:
        The pictures.

    Raises:
        Problem: Some can't be read, a line for each reason.
    """
    whole = Frame(frame.height_px, frame.width_px, fits=True)  # backgrounds may have any size
    read = _reader(root, workers, progress)
    backgrounds = read("backgrounds", found.backgrounds, lambda file: _Read(file.sha256, *whole.image(file)))
    cutouts = read("cut-outs", found.cutouts, lambda file: _Read(file.sha256, *_cutout(file)))
    height_px = min(frame.height_px, int(np.median([each.size_px[0] for each in cutouts])) if cutouts else 1)
    fitted = [_fitted(each, height_px, frame) for each in cutouts]
    arrays = {}
    if backgrounds:
        arrays["background"] = np.stack([each.pixels for each in backgrounds])
    if fitted:
        h, w = (max(each.shape[axis] for each in fitted) for axis in (0, 1))
        arrays["cutout"] = np.zeros((len(fitted), h, w, 4), np.uint8)
        for box, each in zip(arrays["cutout"], fitted, strict=True):
            box[: each.shape[0], : each.shape[1]] = each
    assets = [
        *_rows("background", found.backgrounds, backgrounds, [each.pixels for each in backgrounds], frame, workers),
        *_rows("cutout", found.cutouts, cutouts, fitted, frame, workers),
    ]
    return KnownPictures(tuple(assets), arrays, height_px)


@dataclass(frozen=True)
class _Read:
    """A picture that was read: the hash of its file, its pixels, and the height and width that it came with."""

    sha256: str
    pixels: Pixels
    size_px: tuple[int, int]


def _reader(root: Path, workers: int, progress: Progress) -> Callable[..., list[_Read]]:
    """Return what reads all pictures of a kind; raise Problem where some can't be read."""

    def attempt(read: Callable[[SourceFile], _Read], path: str) -> _Read | PictureError:
        try:
            return read(SourceFiles(root).read(path))
        except PictureError as error:
            return error

    def read_all(title: str, pictures: Sequence[ForeignPicture], read: Callable[[SourceFile], _Read]) -> list[_Read]:
        results: list[Any] = []
        with ThreadPoolExecutor(workers) as threads, progress(title, len(pictures), 0) as advance:
            for result in threads.map(partial(attempt, read), [each.path for each in pictures]):
                results.append(result)
                advance(1)
        bad = [result for result in results if isinstance(result, PictureError)]
        if bad:
            aside = "or move it away: what shows it is imported all the same, as of a picture that isn't known"
            raise Problem(*lines_by_reason((each.path, f"{each.reason}. {each.remedy}, {aside}") for each in bad))
        return results

    return read_all


def _cutout(file: SourceFile) -> tuple[Pixels, tuple[int, int]]:
    image, file_format, _, _ = decode(file.path, file.data)
    pixels = load_pixels(file.path, image, file_format).pixels
    if pixels.shape[2] == 3:  # whatever is wrong with it, it is who it is
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return pixels, (pixels.shape[0], pixels.shape[1])


def _fitted(cutout: _Read, height_px: int, frame: Frame) -> Pixels:
    """Return a cut-out at the height of all; where nothing would be seen of it, nothing."""
    try:
        return fit_cutout(cutout.pixels, height_px, frame.height_px, frame.width_px)
    except PictureError:
        size_px = fitted_cutout_size(*cutout.size_px, height_px, frame.height_px, frame.width_px)
        return np.zeros((*size_px, 4), np.uint8)


def _rows(
    kind: AssetKind,
    pictures: Sequence[ForeignPicture],
    read: Sequence[_Read],
    pixels: Sequence[Pixels],
    frame: Frame,
    workers: int,
) -> list[Asset]:
    if not pictures:
        return []
    # A flip goes with its original, whose group it names. One that is to the pixel what it is called looks like nothing
    # that its original doesn't look like mirrored, and isn't compared again.
    of_original = [number if each.flip_of is None else each.flip_of for number, each in enumerate(pictures)]
    compared = [
        number
        for number, original in enumerate(of_original)
        if number == original or not np.array_equal(pixels[number], flip(pixels[original]))
    ]
    found = duplicate_groups([_small(pixels[n]) for n in compared], [read[n].sha256 for n in compared], workers)
    groups = {number: compared[group] for number, group in zip(compared, found, strict=True)}
    return [
        Asset(
            kind=kind, id=number, name=picture.name, file=picture.path, flip_of=picture.flip_of,
            width_px=each.size_px[1], height_px=each.size_px[0], sha256=each.sha256, depth_file=None,
            depth_sha256=None, group=groups[of_original[number]], split=None,
            label=(picture.label or DEFAULT_LABEL) if kind == "cutout" else None,
            focal_px=picture.camera.focal_in(frame.height_px, frame.width_px) if picture.camera else None,
            focal_from=picture.camera.source if picture.camera else None,
        )
        for number, (picture, each) in enumerate(zip(pictures, read, strict=True))
    ]  # fmt: skip


def _small(pixels: Pixels) -> Pixels:
    scale = min(1.0, _HASHED_PX / max(pixels.shape[:2]))
    size = tuple(max(1, round(scale * side)) for side in pixels.shape[1::-1])
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
