"""Corpora with several cut-outs a sample, from the plan to the labels, held to slow versions pixel by pixel."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.asset_table import read_assets
from bgfg.data_manifests.images.resampling.exact_resize import resize_rgba
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.occlusion import foot_pixel
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_layers import relabel_layered
from bgfg.synth.cli.plan import plan
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus, estimate_bytes_per_sample
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.preview import contact_sheet
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark
from bgfg.synth.store.sample import Sample
from bgfg.synth.verify.status import corpus_status
from bgfg.synth.verify.verify import verify_corpus
from tests.support import references
from tests.support.crowd_corpus import H, W, crowd_options, make_crowd_corpus
from tests.support.executors import IN_PROCESS

RULES = ("random", "grid", "perspective")


@pytest.fixture(scope="module", params=RULES)
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp(request.param), request.param, CutoutsPerSample(1, 4)))


@pytest.fixture(scope="module")
def random_corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(make_crowd_corpus(tmp_path_factory.mktemp("random"), "random", CutoutsPerSample(1, 3)))


def shapes(corpus: Corpus, sample: Sample) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8], int, int]]:
    """Return RGBA as placed, alpha as the background leaves it, x and y of each paste."""
    found = []
    for paste in sample.pastes:
        f, x, y, w, h = (paste[name] for name in ("cutout", "x_px", "y_px", "width_px", "height_px"))
        height_px, width_px = corpus.cutout_sizes_px[f]
        rgba = resize_rgba(corpus.read("cutout", f)[:height_px, :width_px], h, w)
        alpha = rgba[..., 3]
        if corpus.manifest.placement_rule == "perspective":
            depth_mm = corpus.read("background_depth", sample.row["background"])
            alpha = references.visible(depth_mm, alpha, x, y)
        found.append((rgba, alpha, x, y))
    return found


def test_every_sample_is_what_the_slow_version_composes(corpus: Corpus) -> None:
    samples = range(0, len(corpus), 5 if corpus.manifest.placement_rule == "perspective" else 3)
    for i in samples:
        sample = corpus[i]
        crowd = [(rgba[..., :3], alpha, x, y) for rgba, alpha, x, y in shapes(corpus, sample)]
        image, mask, instance = references.compose_crowd(sample.background, crowd)
        assert (sample.image == image).all()
        assert (sample.mask == mask).all()
        assert sample.instance is not None
        assert (sample.instance == instance).all()


def test_tables_say_what_the_pixels_show(corpus: Corpus) -> None:
    for i in range(len(corpus)):
        sample = corpus[i]
        assert sample.instance is not None
        assert [paste["instance"] for paste in sample.pastes] == [*range(1, len(sample.pastes) + 1)]
        for paste in sample.pastes:
            assert (sample.instance == paste["instance"]).sum() == paste["visible_px"]
        first = sample.pastes[0]
        assert {name: first[name] for name in first if name != "instance"}.items() <= sample.row.items()
        assert (sample.mask[sample.instance > 0] >= 128).all()


def test_depth_is_that_at_which_each_stands_where_it_is_seen(corpus: Corpus) -> None:
    code = corpus.depth_code()
    for i in range(0, len(corpus), 3):
        sample = corpus[i]
        background_mm = corpus.read("background_depth", sample.row["background"])
        expected = background_mm.copy()
        height_px, width_px = background_mm.shape
        for paste, (rgba, _, x, y) in zip(sample.pastes, shapes(corpus, sample), strict=True):
            inside = np.s_[max(0, -y) : height_px - y, max(0, -x) : width_px - x]
            foot = foot_pixel(rgba[..., 3][inside])
            if foot is not None:
                row, column = max(0, y) + foot[0], max(0, x) + foot[1]
                expected[sample.instance == paste["instance"]] = background_mm[row, column]
        assert (corpus.read("depth", i) == code.encode(expected / 1000)).all()


def test_who_stands_farther_away_is_pasted_first(tmp_path: Path) -> None:
    corpus = Corpus(make_crowd_corpus(tmp_path, "perspective", CutoutsPerSample(2, 4)))
    pairs = 0
    for i in range(len(corpus)):
        sample = corpus[i]
        assert sample.depth_m is not None
        seen = [sample.depth_m[sample.instance == n + 1] for n in range(len(sample.pastes))]
        depths_m = [float(depth[0]) for depth in seen if len(depth)]
        assert depths_m == sorted(depths_m, reverse=True)
        pairs += len(depths_m) > 1
    assert pairs > len(corpus) / 2


def test_all_checks_are_passed_and_status_counts_instances(corpus: Corpus) -> None:
    assert not verify_corpus(corpus.path, IN_PROCESS, recompose=True, relabel=relabel_layered).problems
    assert [array.array for array in corpus_status(corpus)] == ["image", "mask", "instance", "depth"]
    assert all(array.samples_done == len(corpus) for array in corpus_status(corpus))


def test_marks_of_instances_tell_the_truth(random_corpus: Corpus) -> None:
    pixels = np.asarray(random_corpus.array("instance")).astype(np.int64)
    n = random_corpus.parts[0].samples_per_shard
    for shard in random_corpus.shards:
        mark, part = DoneMark.load(random_corpus.path, "instance", shard), pixels[shard * n : (shard + 1) * n]
        assert (mark.count, mark.sums, mark.squares) == (part.size, (part.sum(),), ((part**2).sum(),))
        assert mark.bytes == random_corpus.chunk_path("instance", shard).stat().st_size
    stored = sum(random_corpus.chunk_path(a, s).stat().st_size for a in random_corpus.composed_arrays for s in (0, 1))
    assert estimate_bytes_per_sample(random_corpus) == pytest.approx(stored / len(random_corpus), rel=0.2)


def test_bytes_depend_on_no_worker_and_an_interrupted_run_goes_on(random_corpus: Corpus, tmp_path: Path) -> None:
    path = Path(shutil.copytree(random_corpus.path, tmp_path / "corpus"))
    for array in ("image", "mask", "instance"):
        shutil.rmtree(path / "data.zarr" / array / "c")
    (path / "done/instance/0.json").unlink()  # of image and mask the marks are there, but not what they are of
    compose_corpus(path, Executor(workers=2, backend="threading"))
    for array in ("image", "mask", "instance"):
        for shard in random_corpus.shards:
            one, other = (corpus.chunk_path(array, shard) for corpus in (random_corpus, Corpus(path)))
            assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest()


def test_a_sample_whose_instances_are_not_made_is_not_read(random_corpus: Corpus, tmp_path: Path) -> None:
    path = Path(shutil.copytree(random_corpus.path, tmp_path / "corpus"))
    Corpus(path).chunk_path("instance", 1).unlink()
    with pytest.raises(Problem, match=r"shard 1 of instance is not done: run `bgfg compose"):
        Corpus(path)[-1]


def test_the_digest_tells_crowds_apart_and_one_cutout_is_no_crowd(random_corpus: Corpus, tmp_path: Path) -> None:
    sources = random_corpus.path.parent / "sources"
    digests = set()
    for number, crowd in enumerate((None, CutoutsPerSample(1, 3), CutoutsPerSample(1, 4), CutoutsPerSample(1, 3, 10))):
        planned = plan_corpus(tmp_path / str(number), crowd_options(sources, crowd), False, 1)
        digests.add(planned.manifest.digest)
        assert (tmp_path / str(number) / "manifest/instances.parquet").exists() == (crowd is not None)
        assert (planned.manifest.crowd is None) == ("crowd" not in planned.manifest.to_dict())
    assert len(digests) == 4
    assert random_corpus.manifest.digest in digests
    assert plan_corpus(tmp_path / "1", crowd_options(sources, CutoutsPerSample(1, 3)), False, 1).unchanged
    with pytest.raises(Problem, match=r"another plan \(different: --cutouts-per-sample "):
        plan_corpus(tmp_path / "1", crowd_options(sources, CutoutsPerSample(1, 4)), False, 1)


def test_samples_of_a_split_show_nobody_of_another(random_corpus: Corpus) -> None:
    assets = read_assets(random_corpus.path / "manifest/assets.parquet")
    splits = {row["id"]: row["split"] for row in assets if row["kind"] == "cutout"}
    groups = {row["id"]: row["group"] for row in assets if row["kind"] == "cutout"}
    assert set(splits.values()) == {"train", "val", "test"}
    crowded = 0
    for i in range(len(random_corpus)):
        sample = random_corpus[i]
        shown = {splits[paste["cutout"]] for paste in sample.pastes}
        assert len(shown) == 1
        if sample.row["split"] in ("train", "val", "test"):
            assert shown == {sample.row["split"]}
        if shown == {"train"}:
            assert len({groups[paste["cutout"]] for paste in sample.pastes}) == len(sample.pastes)
        crowded += len(sample.pastes) > 1
    assert crowded > len(random_corpus) / 3


def test_a_sheet_shows_the_instances_in_colours(random_corpus: Corpus) -> None:
    i = next(i for i in range(len(random_corpus)) if len(random_corpus[i].pastes) == 3)
    sheet, instance = contact_sheet(random_corpus, [i]), random_corpus[i].instance
    assert instance is not None
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (H, W, 3))[:, :, 0]
    black = (windows.max(axis=4) == 0) == (instance == 0)
    assert black.all((2, 3)).any()
    y, x = np.argwhere(black.all((2, 3)))[0]
    colours = {tuple(windows[y, x][instance == n][0].tolist()) for n in (1, 2, 3)}
    assert len(colours) == 3


def test_the_command_says_how_many_there_are_and_refuses_what_makes_no_sense(
    random_corpus: Corpus, tmp_path: Path
) -> None:
    sources = random_corpus.path.parent / "sources"
    common = [str(tmp_path / "corpus"), "--bg", str(sources / "bg"), "--fg", str(sources / "fg"), "--size", f"{W}x{H}"]
    common += ["--cutout-height", "11", "--placements", "3"]
    said = CliRunner().invoke(plan, [*common, "--cutouts-per-sample", "2..3", "--max-overlap", "20"])
    assert said.exit_code == 0
    assert "2..3 cut-outs a sample, those in front cover at most 20 % of one: " in said.output
    refused = CliRunner().invoke(plan, [*common, "--cutouts-per-sample", "none"])
    assert isinstance(refused.exception, Problem)


def test_memory_of_the_instances_counts(random_corpus: Corpus) -> None:
    options = crowd_options(random_corpus.path.parent / "sources", None)
    large = dataclasses.replace(options, height_px=1_000, width_px=1_000, placements=20)
    with pytest.raises(Problem, match="a worker would need 151 MB"):
        dataclasses.replace(large, crowd=CutoutsPerSample(1, 3))
