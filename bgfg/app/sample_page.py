"""The page of one sample: its pictures, names and row, and the same pictures under the other placements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from starlette.exceptions import HTTPException

from bgfg.app.data_urls import picture_url
from bgfg.app.opened_corpus import OpenedCorpus
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.panels import on_checkerboard
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.html_report.pictures import data_url
from bgfg.synth.overview.depth_legend import depth_legend, depth_unit
from bgfg.synth.overview.outlines import outlined
from bgfg.synth.overview.thumbnails import jpeg_bytes, thumbnail_page
from bgfg.synth.preview import depth_range_m
from bgfg.synth.store.sample import Sample


def sample_values(opened: OpenedCorpus, i: int) -> dict[str, Any]:
    """Return what the page of a sample is filled with.

    Args:
        opened: The corpus.
        i: Number of the sample.

    Raises:
        Problem: It is damaged, or was made anew.
        HTTPException: There is no such sample, or it isn't made yet.
    """
    corpus = opened.corpus
    if i >= len(corpus):
        raise HTTPException(404, f"sample {i}: there are {len(corpus):,}, from 0 on")
    _require_made(opened, i)
    sample, K = corpus[i], corpus.geometry.placements
    block = np.arange(i // K * K, min(i // K * K + K, len(corpus)))
    beside = thumbnail_page(opened.reader, block)
    pictures = [("mask", picture_url(sample.mask)), ("outlines", picture_url(outlined(sample)))]
    if sample.depth_m is not None:
        pictures.append(("depth", picture_url(colour_depth(sample.depth_m, *depth_range_m(corpus)))))
    if sample.cutout is not None:
        side_px = max(sample.cutout.shape[:2])
        pictures.append(("cut-out", picture_url(on_checkerboard(sample.cutout, side_px, side_px))))
    row = sample.row
    names = [str(row[name]) for name in ("image_name", "mask_name", "depth_name") if row.get(name)]
    return {
        "i": i, "count": len(corpus), "composite": picture_url(sample.image), "pictures": pictures, "names": names,
        "background": None if sample.background is None else picture_url(sample.background),
        "row": [(name, value) for name, value in row.items() if not name.endswith("_name")],
        "pastes": [list(paste.items()) for paste in sample.pastes], "legend": _legend(opened, sample),
        "of_assets": _assets_of(opened, row), "focal_px": sample.focal_px,
        "beside": [(n, each is not None and data_url(jpeg_bytes(each), "jpeg"))
                   for n, each in zip(block.tolist(), beside, strict=True)],
    }  # fmt: skip


def _require_made(opened: OpenedCorpus, i: int) -> None:
    """Raise HTTPException where a sample isn't made yet: nothing is wrong with what is opened."""
    corpus = opened.corpus
    try:
        for array in corpus.composed_arrays:
            corpus.require_done(array, corpus.shard_of(i))
    except Problem as problem:
        raise HTTPException(409, str(problem)) from problem


def _assets_of(opened: OpenedCorpus, row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return kind, file and address of all samples of the pictures that a sample shows."""
    shown = [(kind, row[kind]) for kind in ("background", "cutout") if row[kind] is not None]
    return [(kind, str(opened.assets[kind, n]["file"]), f"/corpus?{kind}={n}") for kind, n in shown]


def _legend(opened: OpenedCorpus, sample: Sample) -> dict[str, Any] | None:
    """Return the scale of depth: a strip of its colours, and what its marks stand for."""
    if sample.depth_m is None:
        return None
    marks, unit = depth_legend(opened.corpus), depth_unit(opened.corpus)
    depths_m = np.geomspace(marks[0][0], marks[-1][0], 256).astype(np.float32)
    strip = np.repeat(colour_depth(depths_m[None], *depth_range_m(opened.corpus)), 12, axis=0)
    known = sample.depth_m[sample.depth_m > 0]
    span = f"{known.min():.2f} to {known.max():.2f} {unit}" if known.size else "unknown everywhere"
    return {"strip": picture_url(strip), "marks": [f"{mark_m:.2g}" for mark_m, _ in marks], "unit": unit, "span": span}
