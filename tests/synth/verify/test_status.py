"""How far a corpus is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.status import corpus_status
from tests.support.tiny_corpus import B, C, K


def test_done_left_and_bytes_add_up(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    path = copy_of(composed)
    (path / "done/image/1.json").unlink()
    image, mask, depth = corpus_status(Corpus(path))
    n = 2 * C * K
    assert (image.shards_done, image.shards_left, image.samples_done, image.samples_left) == (B - 1, 1, 2 * n, n)
    assert (mask.samples_done, mask.samples_left) == (B * n, 0)
    assert (depth.array, depth.samples_done, depth.bytes) == ("depth", 0, 0)
    assert mask.bytes == sum(p.stat().st_size for p in (path / "data.zarr/mask/c").rglob("*") if p.is_file())
