"""Warnings on the classes of cut-outs."""

from __future__ import annotations

from collections.abc import Sequence

from bgfg.data_manifests.assets.classes import LabelledCutout
from bgfg.data_manifests.terminal.errors import counted, first_few


def class_warnings(contradictions: Sequence[tuple[LabelledCutout, LabelledCutout]]) -> list[str]:
    """Return a line on the cut-outs that look like one of another class; none where there are none."""
    pairs = [f"{one.file} like {other.file}" for one, other in contradictions]
    if not pairs:
        return []
    line = f"{counted(len(pairs), 'near-duplicate')} of a cut-out of another class ({first_few(pairs, 3)})"
    return [f"{line}: one of both is in the wrong folder, and they share a split"]
