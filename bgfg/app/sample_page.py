"""The page of one sample: its pictures, names and row, and the same pictures under the other placements."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.exceptions import HTTPException

from bgfg.app.opened_corpus import OpenedCorpus
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.html_report.corpus_pictures import depth_scale
from bgfg.html_report.pictures import whole
from bgfg.synth.overview.outlines import outlined
from bgfg.synth.preview import sample_panels


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
    row = sample.row
    panels = {"outlines": outlined(sample)} | {caption: pixels for pixels, caption in sample_panels(corpus, sample)}
    composite, background = panels.pop(row["image_name"]), panels.pop("background", None)
    shown = [(kind, row[kind]) for kind in ("background", "cutout") if row[kind] is not None]
    return {
        "i": i, "count": len(corpus), "composite": whole(composite, "composite"),
        "background": None if background is None else whole(background, "the bare background"),
        "pictures": [whole(pixels, caption) for caption, pixels in panels.items()], "scale": depth_scale(corpus),
        "names": [row[name] for name in ("image_name", "mask_name", "depth_name") if row.get(name)],
        "row": [(name, value) for name, value in row.items() if not name.endswith("_name")],
        "pastes": [list(paste.items()) for paste in sample.pastes], "focal_px": sample.focal_px,
        "of_assets": [(kind, opened.assets[kind, n]["file"], f"/corpus?{kind}={n}") for kind, n in shown],
        "beside": opened.thumbnails(np.arange(i // K * K, min(i // K * K + K, len(corpus)))) if K > 1 else [],
    }  # fmt: skip


def _require_made(opened: OpenedCorpus, i: int) -> None:
    """Raise HTTPException where a sample isn't made yet: nothing is wrong with what is opened."""
    corpus = opened.corpus
    try:
        for array in corpus.composed_arrays:
            corpus.require_done(array, corpus.shard_of(i))
    except Problem as problem:
        raise HTTPException(409, str(problem)) from problem
