"""Images and masks of a corpus."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.shards import compose_corpus, compose_shard, estimate_bytes_per_sample
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store import unflushed
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.killed import tree
from tests.support.project import ROOT


def test_marks_tell_the_truth(composed: Path) -> None:
    corpus = Corpus(composed)
    for array in ("image", "mask"):
        for shard in corpus.shards:
            mark = DoneMark.load(composed, array, shard)
            n = corpus.parts[0].samples_per_shard
            pixels = np.asarray(corpus.array(array))[shard * n : (shard + 1) * n].astype(np.int64)
            pixels = pixels.reshape(-1, 3 if array == "image" else 1)
            assert mark.bytes == corpus.chunk_path(array, shard).stat().st_size
            assert (mark.count, list(mark.sums)) == (len(pixels), pixels.sum(axis=0).tolist())
            assert list(mark.squares) == (pixels**2).sum(axis=0).tolist()


def test_statistics_are_those_of_the_pixels(composed: Path) -> None:
    corpus = Corpus(composed)
    images = np.asarray(corpus.array("image")).astype(np.float64)
    found = corpus.manifest.statistics["image"]
    assert found["mean"] == pytest.approx(images.mean((0, 1, 2)), abs=1e-5)
    assert found["std"] == pytest.approx(images.std((0, 1, 2)), abs=1e-5)


def test_the_estimate_of_bytes_is_near(composed: Path) -> None:
    corpus = Corpus(composed)
    stored = sum(corpus.chunk_path(a, s).stat().st_size for a in ("image", "mask") for s in corpus.shards)
    assert estimate_bytes_per_sample(corpus) == pytest.approx(stored / len(corpus), rel=0.2)


def test_composing_onto_a_corpus_of_another_digest_is_refused(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    metadata = corpus / "data.zarr/zarr.json"
    metadata.write_text(metadata.read_text().replace(Corpus(corpus).manifest.digest, "0" * 64))
    with pytest.raises(
        Problem, match=r"data.zarr: not of the plan in .* \(digest '0000.*remove that, and `bgfg compose"
    ):
        compose_corpus(corpus, IN_PROCESS)


@pytest.mark.parametrize("left", ["", '{"array": "mask", "sha', None])
def test_a_shard_whose_mark_is_torn_or_another_corpus_s_is_made_again(
    composed: Path, copy_of: Callable[[Path], Path], left: str | None
) -> None:
    corpus = copy_of(composed)
    mark = corpus / "done/mask/1.json"
    mark.write_text(mark.read_text().replace(Corpus(corpus).manifest.digest, "0" * 64) if left is None else left)
    assert Corpus(corpus).done_shards("mask") == set(Corpus(corpus).shards) - {1}
    compose_corpus(corpus, IN_PROCESS)
    assert tree(corpus) == tree(composed)


def test_all_is_flushed_to_disk_before_the_manifest_tells_of_it(
    planned: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, told = copy_of(planned), []
    monkeypatch.setattr(
        unflushed, "flush_file_system", lambda path: told.append((path, Corpus(path).manifest.statistics))
    )
    compose_corpus(corpus, IN_PROCESS)
    assert told == [(corpus, {})]
    compose_corpus(corpus, IN_PROCESS)
    (corpus / "done/image/1.json").unlink()
    assert len(told) == 1
    compose_corpus(corpus, IN_PROCESS)
    assert len(told) == 2


@pytest.mark.parametrize("picture", ["background/c/1/0/0/0", "cutout/c/2/0/0/0"])
@pytest.mark.parametrize("damage", ["missing", "flipped", "of another"])
def test_nothing_is_composed_of_damaged_pictures(
    planned: Path, copy_of: Callable[[Path], Path], picture: str, damage: str
) -> None:
    corpus = copy_of(planned)
    chunk = corpus / "data.zarr" / picture
    if damage == "missing":
        chunk.unlink()
    elif damage == "flipped":
        chunk.write_bytes(chunk.read_bytes()[:-1] + b"x")
    else:
        chunk.write_bytes((chunk.parents[3] / "0/0/0/0").read_bytes())
    with pytest.raises(
        Problem, match=rf"data.zarr/{picture.split('/')[0]}: (its pixels aren't|can't be read).*--replace"
    ):
        compose_corpus(corpus, IN_PROCESS)
    assert not (corpus / "done").exists()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("missing", r"shard 1 of image is not done: run `bgfg compose"),
        ("truncated", r"is damaged .*: run `bgfg compose"),
    ],
)
def test_a_marked_shard_that_is_not_there_whole_is_made_again(
    composed: Path, copy_of: Callable[[Path], Path], damage: str, told: str
) -> None:
    corpus = copy_of(composed)
    shard = Corpus(corpus).chunk_path("image", 1)
    whole = shard.read_bytes()
    shard.unlink()
    if damage == "truncated":
        shard.write_bytes(whole[:-9])
    with pytest.raises(Problem, match=told):
        Corpus(corpus)[Corpus(corpus).parts[0].samples_per_shard]
    compose_corpus(corpus, IN_PROCESS)
    assert shard.read_bytes() == whole


def test_leftovers_of_a_killed_run_are_cleared(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    (corpus / ".partial").mkdir()
    (corpus / ".partial/image-1.99").write_bytes(b"half")
    compose_corpus(corpus, IN_PROCESS)
    assert not (corpus / ".partial").exists()


def test_a_plan_that_changes_under_a_worker_stops_it(planned: Path) -> None:
    with pytest.raises(Problem, match="planned anew"):
        compose_shard(planned, "0" * 64, 0)


def test_a_worker_stays_under_300_mb_however_many_cutouts(tmp_path: Path) -> None:
    """Measured in a process of its own, on a shard whose cut-outs made ready would take 330 MB at once."""
    for name in ("bg", "fg"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "bg/0.png"), references.picture(224, 224, 0))
    draw = np.random.default_rng(0)
    rgba = np.full((222, 222, 4), 255, np.uint8)
    rgba[:4, :4, 3] = 0
    for c in range(264):  # of which no two are alike, since what is alike is looked at more closely
        rgba[..., :3] = cv2.resize(draw.integers(0, 256, (8, 8, 3)).astype(np.uint8), (222, 222))
        cv2.imwrite(str(tmp_path / f"fg/{c}.png"), rgba, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    options = PlanOptions(tmp_path / "bg", tmp_path / "fg", cutout_height_px=222, placements=1)
    digest = plan_corpus(tmp_path / "corpus", options, replace=False, workers=1).manifest.digest
    work = (
        "import sys, pathlib; from bgfg.synth.compose.shards import compose_shard\n"
        "compose_shard(pathlib.Path(sys.argv[1]), sys.argv[2], 0)\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", work, str(tmp_path / "corpus"), digest]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert int(out) * 1024 < 300_000_000
