"""A corpus with the parts that are being added to it: each is planned from what there is, and written to a folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.added_assets import AddedAssets, add_assets
from bgfg.data_manifests.assets.cameras import with_cameras
from bgfg.data_manifests.assets.classes import contradictions
from bgfg.data_manifests.assets.preparation import fixes_of, stack_cutouts, stack_depth
from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind, original_cutouts
from bgfg.data_manifests.assets.source_pictures import SourcePicture
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.geometry import AddedPictures
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.placement.floor import Floor, NoFloor
from bgfg.data_manifests.placement.perspective import find_floors, person_cutouts
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.added_part import AddedPart, write_added_part
from bgfg.synth.plan.class_warnings import class_warnings
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.options import ExtendOptions
from bgfg.synth.store.corpus import Corpus


class GrowingCorpus:
    """A corpus, and what is added to it.

    Attributes:
        manifest: What the corpus is with what was added so far.
        added: The assets that were added.
        left_out: (file, reason) of pictures that weren't added, though they can be read.
        there_already: How many pictures the corpus has already.
    """

    def __init__(self, corpus: Corpus, options: ExtendOptions, drawing: Drawing) -> None:
        """Begin with a corpus as it is.

        Args:
            corpus: The corpus, whose plan is sound.
            options: What is added.
            drawing: How samples are drawn; as many threads look for near-duplicates.
        """
        self.manifest: Manifest = corpus.manifest
        self.added: tuple[Asset, ...] = ()
        self.left_out: tuple[tuple[str, str], ...] = ()
        self.there_already = 0
        self._corpus, self._options, self._drawing = corpus, options, drawing
        self._there = tuple(Asset(**row) for row in corpus.assets.to_pylist())
        self._remarks: list[RemarkCounter] = []
        self._new_depth_mm: NDArray[np.uint16] | None = None
        self._floors_px: dict[str, float] = {}  # SHA-256 of a new background -> focal length that its floor lets expect

    def remark_lines(self, severity: str) -> tuple[str, ...]:
        """Return a line for each kind of remark on what was added, "warning" or "note"."""
        lines = [line for remarks in self._remarks for line in remarks.lines(severity)]
        if severity == "warning":
            new = {asset.file for asset in self.added if asset.kind == "cutout"}
            lines += class_warnings(
                [pair for pair in contradictions(original_cutouts(self._there)) if pair[0].file in new]
            )
        return tuple(lines)

    def add(self, kind: AssetKind, sources: Sequence[SourcePicture], folder: Path) -> None:
        """Plan the part that brings some pictures, and write it to a folder, under its number.

        Args:
            kind: Kind of the pictures.
            sources: The pictures; those that are there already are passed over.
            folder: Folder of the parts that are being written.

        Raises:
            Problem: A picture doesn't go with those of the corpus.
        """
        sources = self._standing(kind, sources)
        found = add_assets(kind, sources, self._there, self._pictures(kind), self._drawing.workers)
        self.left_out += found.left_out
        self.there_already += found.there_already
        if not found.sources:
            return
        self._write(kind, found, folder / str(len(self.manifest.parts)))

    def _write(self, kind: AssetKind, found: AddedAssets, folder: Path) -> None:
        before, arrays, sizes_px = self.manifest, *self._arrays(kind, found.sources)
        box_px = arrays["cutout"].shape[1:3] if kind == "cutout" else None
        count = len(found.sources)
        added = AddedPictures(count, 0, None) if box_px is None else AddedPictures(0, count, box_px)
        geometry = before.geometry.with_added(added)
        rectangle = geometry.index.rectangles[-1]
        depth_mm = self._depth_of(rectangle.backgrounds, arrays)
        numbered = enumerate(found.sources, start=before.geometry.backgrounds)
        floors_px = {b: self._floors_px[source.sha256] for b, source in numbered if source.sha256 in self._floors_px}
        if kind == "cutout":
            self._cutouts = _joined(self._cutouts, (arrays["cutout"], sizes_px))
        part = AddedPart(
            added, with_cameras(found.assets, before.fov_deg, min(geometry.frame_px), floors_px), arrays,
            *self._cutouts, depth_mm, found.left_out, self._fixes(found.sources) if kind == "cutout" else None,
        )  # fmt: skip
        remarks = RemarkCounter(
            [remark for source in found.sources for remark in source.remarks], part.rows,
            geometry.of_part(rectangle.part),
        )  # fmt: skip
        self.manifest, assets = write_added_part(folder, before, part, self._there, remarks, self._drawing)
        self._there = tuple(sorted((*self._there, *assets), key=lambda asset: (asset.kind, asset.id)))
        self.added = (*self.added, *assets)
        self._remarks.append(remarks)
        if kind == "background" and depth_mm is not None:
            self._new_depth_mm = depth_mm

    def _arrays(
        self, kind: AssetKind, sources: Sequence[SourcePicture]
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.int32]]:
        """Return the prepared arrays of new pictures, and the sizes of cut-outs, flips counted."""
        if kind == "cutout":
            cutout, sizes_px = stack_cutouts(sources)
            return {"cutout": cutout}, sizes_px
        arrays: dict[str, NDArray[Any]] = {"background": np.stack([source.pixels for source in sources])}
        if "background_depth" in self.manifest.prepared:
            arrays["background_depth"] = stack_depth(sources)
        return arrays, np.empty((0, 2), np.int32)

    def _pictures(self, kind: AssetKind) -> list[NDArray[np.uint8]]:
        """Return the prepared pictures of a kind that are there, without flips."""
        if kind == "background":
            return list(self._corpus.read("background", slice(None)))
        return [rgba[:h, :w] for rgba, (h, w) in zip(self._cutouts[0][::2], self._cutouts[1][::2], strict=True)]

    @cached_property
    def _cutouts(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """The prepared cut-outs there are, (F, h, w, 4) uint8, and their sizes, (F, 2)."""
        return self._corpus.read("cutout", slice(None)), self._corpus.cutout_sizes_px

    def _depth_of(self, backgrounds: range, arrays: dict[str, NDArray[Any]]) -> NDArray[np.uint16] | None:
        """Return the depth of a part's backgrounds, where placements depend on it."""
        if self.manifest.placement_rule != "perspective":
            return None
        if "background_depth" in arrays:
            return arrays["background_depth"]
        there: NDArray[np.uint16] = self._corpus.read("background_depth", slice(None))
        return there if self._new_depth_mm is None else np.concatenate([there, self._new_depth_mm])

    def _standing(self, kind: AssetKind, sources: Sequence[SourcePicture]) -> Sequence[SourcePicture]:
        """Leave out, or refuse, new backgrounds without a floor for the cut-outs, and cut-outs without a floor.

        Under the rule `perspective` every cut-out has to stand on every background.
        """
        manifest = self.manifest
        if manifest.placement_rule != "perspective" or not sources:
            return sources
        if kind == "background":
            people = person_cutouts(manifest.seed, self._cutouts[0][..., 3], self._cutouts[1])
            found = find_floors(stack_depth(sources), people, manifest.fov_deg, self._drawing.progress)
            reasons = {i: str(reason) for i, reason in enumerate(found) if isinstance(reason, NoFloor)}
            self._floors_px = {
                source.sha256: floor.focal_px
                for source, floor in zip(sources, found, strict=True)
                if isinstance(floor, Floor)
            }
        else:
            reasons = self._cutouts_without_floor(sources)
        if reasons and (not self._options.skip_bad or len(reasons) == len(sources)):
            folder = self._options.bg if kind == "background" else self._options.fg
            hint = "." if self._options.skip_bad else ", or pass --skip-bad to leave such pictures out."
            lines = (f"{folder}/{sources[i].file}: {reason}. Move it away" for i, reason in reasons.items())
            raise Problem(*(line + hint for line in lines))
        self.left_out += tuple((sources[i].file, reason) for i, reason in reasons.items())
        return [source for i, source in enumerate(sources) if i not in reasons]

    def _cutouts_without_floor(self, sources: Sequence[SourcePicture]) -> dict[int, str]:
        """Return which of new cut-outs can't stand on some background that is there, and on which."""
        manifest, first = self.manifest, 2 * self.manifest.geometry.cutouts
        cutout, sizes_px = _joined(self._cutouts, stack_cutouts(sources))
        people = person_cutouts(manifest.seed, cutout[..., 3], sizes_px)
        depth_mm = self._depth_of(range(manifest.geometry.backgrounds), {})
        names = [asset.name for asset in self._there if asset.kind == "background"]
        reasons: dict[int, str] = {}
        with self._drawing.progress("floors", len(sources), 0) as advance:
            for i in range(len(sources)):
                pair = people[first + 2 * i : first + 2 * i + 2]
                found = find_floors(depth_mm, pair, manifest.fov_deg) if depth_mm is not None else []
                none = [f"{name}: {reason}" for name, reason in zip(names, found, strict=True)
                        if isinstance(reason, NoFloor)]  # fmt: skip
                if none:
                    reasons[i] = f"can't stand on {len(none)} of the backgrounds ({none[0]})"
                advance(1)
        return reasons

    def _fixes(self, sources: Sequence[SourcePicture]) -> dict[str, tuple[str, ...]] | None:
        if self.manifest.cutout_fixes is None and not self._options.fix_cutouts:
            return None
        return fixes_of(sources)


def _joined(
    these: tuple[NDArray[np.uint8], NDArray[np.int32]], those: tuple[NDArray[np.uint8], NDArray[np.int32]]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Join two arrays of cut-outs with their sizes, filled up with zeros to the larger box."""
    box_px = np.maximum(these[0].shape[1:3], those[0].shape[1:3])
    padded = (
        np.pad(each, [(0, 0), (0, box_px[0] - each.shape[1]), (0, box_px[1] - each.shape[2]), (0, 0)])
        for each in (these[0], those[0])
    )
    return np.concatenate(list(padded)), np.concatenate([these[1], those[1]])
