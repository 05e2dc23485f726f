"""Remarks on pictures that can be used, but aren't what they should be: found one by one, told a line a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind, AssetRemark
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.samples import BackgroundSamples
from bgfg.data_manifests.images.cutout_defects import HAZE, MARGINS, PREMULTIPLIED, WHITE_MATTE
from bgfg.data_manifests.terminal.errors import counted, first_few

_FIX = "pass --fix-cutouts to undo it"

# Of each kind of remark: what is the matter, and what to do about it.
_TEXTS = {
    PREMULTIPLIED: ("have colours premultiplied by alpha, which makes edges dark", _FIX),
    WHITE_MATTE: ("have edges blended with white, which makes edges bright", _FIX),
    HAZE: ("have a faint haze far from the figure", "pass --fix-cutouts to clear it"),
    MARGINS: (
        "have wide transparent margins, so that figures come out smaller than --cutout-height",
        "pass --fix-cutouts to trim them",
    ),
    "ghost": ("are mostly half-transparent: a ghost of their old background?", "cut them out anew, or move them away"),
    "nearly-black": ("are nearly black", "brighten them, or move them away"),
    "tiny": ("are so small that they are enlarged more than 4 times", "give larger ones, or a smaller --size"),
}

_NAMES = {"background": "backgrounds", "cutout": "cut-outs"}


@dataclass(frozen=True)
class _Group:
    """Files of one kind with the same remark: their ids, flips too."""

    remark: AssetRemark
    files: tuple[str, ...]
    ids: frozenset[int]


class RemarkCounter:
    """Counts the samples that show pictures with a remark, and says so.

    Args:
        remarks: What was noticed.
        assets: The backgrounds and cut-outs of the corpus; remarks on others are left out.
        geometry: Counts of the samples that are looked at: of a part, its own.
    """

    def __init__(self, remarks: Sequence[AssetRemark], assets: Sequence[Asset], geometry: CorpusGeometry) -> None:
        self._geometry = geometry
        self._groups = _grouped(remarks, assets)
        self._touched = [0] * len(self._groups)

    def add(self, b: int, drawn: BackgroundSamples) -> None:
        """Count the samples of background `b`."""
        for i, group in enumerate(self._groups):
            if group.remark.kind == "background":
                self._touched[i] += len(drawn.samples) if b in group.ids else 0
            elif drawn.instances is None:
                self._touched[i] += len(group.ids) * self._geometry.placements
            else:
                rows = drawn.instances.rows
                shown = np.isin(rows[:, 2], list(group.ids))
                self._touched[i] += len(np.unique(rows[shown, 0]))

    def lines(self, severity: str) -> tuple[str, ...]:
        """Return a line for each kind of remark of a severity, "warning" or "note"."""
        return tuple(
            self._line(group, touched)
            for group, touched in zip(self._groups, self._touched, strict=True)
            if group.remark.severity == severity
        )

    def _line(self, group: _Group, touched: int) -> str:
        remark, g = group.remark, self._geometry
        total = g.backgrounds if remark.kind == "background" else g.cutouts
        text, remedy = _TEXTS.get(remark.check, (remark.text, ""))
        line = f"{len(group.files)} of {total} {_NAMES[remark.kind]} {text} ({first_few(group.files)})"
        if remark.severity == "note":
            return line
        touches = f"{line}; {touched:,} of {counted(len(g.index), 'sample')} {'show' if touched != 1 else 'shows'} them"
        return f"{touches}: {remedy}" if remedy else touches


def _grouped(remarks: Sequence[AssetRemark], assets: Sequence[Asset]) -> list[_Group]:
    ids: dict[tuple[AssetKind, str], set[int]] = defaultdict(set)
    for asset in assets:
        ids[asset.kind, asset.file].add(asset.id)
    groups: dict[tuple[object, ...], list[AssetRemark]] = defaultdict(list)
    for remark in remarks:
        if (remark.kind, remark.file) in ids:
            text = "" if remark.check in _TEXTS else remark.text
            groups[remark.kind, remark.check, text].append(remark)
    return [
        _Group(same[0], tuple(r.file for r in same), frozenset().union(*(ids[r.kind, r.file] for r in same)))
        for same in groups.values()
    ]
