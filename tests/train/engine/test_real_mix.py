"""Real pictures in the batches of a run on a corpus: each family of networks, runs that go on, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.launch import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.engine.real_mix import RealMix
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.evaluation.real import evaluate_real
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.ops.device import Device, fabric_on
from tests.support.instance_corpus import LIGHT_MASKRCNN, make_instance_corpus
from tests.support.paired_folders import save
from tests.support.real_folder import HEIGHT_PX, WIDTH_PX, make_real
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, stopped_after, tiny_options

CPU = Device("cpu", "a test's")
BATCH, SHARE, JOINED = 16, 0.2, 4
# As light as there is.
ENCODER = {"encoder": "mobilenetv4_conv_small_050"}
PERSON: dict[str, Any] = {"model": "person", "model_options": ENCODER, "size_px": 32, "targets": ("mask",)}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of which every other picture has a depth map."""
    root = make_real(tmp_path_factory.mktemp("data") / "real", 12, 6, depth=True)
    for seed in range(0, 12, 2):
        (root / f"depth/{seed:03}.png").unlink()
    return root


def opened(path: Path, **settings: Any) -> ImageMaskFolder:
    return ImageMaskFolder(path, {"val": 4, "test": 2, **settings})


def options(folder: ImageMaskFolder | None = None, **given: Any) -> TrainOptions:
    chosen = {"batch": BATCH, "share": SHARE if folder else 0.0, "data": folder.settings if folder else {}, **given}
    return tiny_options(**chosen)


def builder(corpus: Corpus, folder: ImageMaskFolder | None, **given: Any) -> RunBuilder:
    return RunBuilder(CorpusSource(corpus, {}), options(folder, **given), fabric_on(CPU, "32-true"), mix=folder)


def mixed(corpus: Corpus, folder: ImageMaskFolder | None, **given: Any) -> list[Batch]:
    return list(builder(corpus, folder, **given).training_batches())


def test_real_pictures_join_the_batches_and_leave_the_others_as_they_are(corpus: Corpus, real: Path) -> None:
    batches, alone = mixed(corpus, opened(real)), mixed(corpus, None)
    assert len(batches) == len(alone) > 2
    for batch, own in zip(batches, alone, strict=True):
        assert torch.equal(batch.samples[:BATCH], own.samples)
        assert batch.bg is not None
        assert own.bg is not None
        assert torch.equal(batch.bg[:BATCH], own.bg)
        assert torch.equal(batch.bg_fg[:BATCH], own.bg_fg)
        assert len(batch.bg_fg) == len(batch.bg) == len(batch.truths["mask"]) == BATCH + JOINED
    places = torch.cat([batch.samples[BATCH:] for batch in batches])
    assert places.tolist() == list(range(len(places)))


def test_they_are_those_of_the_split_train_alone(corpus: Corpus, real: Path) -> None:
    folder = opened(real)
    mix = RealMix(folder, corpus, options(folder), 2)
    assert set(mix.train) == set(folder.indices("train"))
    assert set(mix.val) == set(folder.indices("val"))
    assert len(mix.train) == 6


def test_depth_counts_where_there_is_a_depth_map(corpus: Corpus, real: Path) -> None:
    folder = opened(real)
    portions = builder(corpus, folder).mix
    assert portions is not None
    sequence = portions.portions(options(folder), 16, fabric_on(CPU, "32-true"))
    for batch in mixed(corpus, folder, augment=False):
        _, known = batch.truths["depth"]
        has = [folder.depth_map(sequence.picture_at(place)) is not None for place in batch.samples[BATCH:].tolist()]
        assert known[BATCH:].flatten(1).any(1).tolist() == has
        assert known[:BATCH].any()


def test_unchanged_a_pair_is_shown_as_it_is(corpus: Corpus, real: Path) -> None:
    folder = opened(real)
    build = builder(corpus, folder, augment=False)
    assert build.mix is not None
    sequence = build.mix.portions(options(folder, augment=False), 16, fabric_on(CPU, "32-true"))
    portion, batch = sequence.take(), next(iter(build.training_batches()))
    assert batch.bg is not None
    assert torch.equal(batch.bg[BATCH:], portion["bare"].float() / 255)
    assert torch.equal(batch.bg_fg[BATCH:], portion["image"].float() / 255)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus, real: Path) -> Path:
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    folder = opened(real)
    train(corpus, run, options(folder, steps=6, validate_every=3), CPU, mix=folder)
    return run


@pytest.mark.parametrize("stop", [2, 5])
def test_stopped_at_any_step_it_goes_on_the_same(
    tmp_path: Path, corpus: Corpus, real: Path, undisturbed: Path, stop: int
) -> None:
    folder, run = opened(real), tmp_path / "run"
    given = {"steps": 6, "validate_every": 3}
    with stopped_after(stop):
        train(corpus, run, options(folder, checkpoint_every_s=0.0, **given), CPU, mix=folder)
    train(corpus, run, options(folder, **given), CPU, mix=opened(real))
    assert losses(read_metrics(run / "metrics.csv")) == losses(read_metrics(undisturbed / "metrics.csv"))
    mine, theirs = (Checkpoint.load(RunDir(each).last_checkpoint).parts for each in (run, undisturbed))
    for part in theirs:
        assert all(torch.equal(mine[part][name], tensor) for name, tensor in theirs[part].items())


def test_a_run_says_what_was_mixed_in_and_validates_on_it(undisturbed: Path, corpus: Corpus, real: Path) -> None:
    folder, record = opened(real), RunDir(undisturbed).read_record()
    assert record is not None
    assert record.mix == {"digest": folder.digest, "train": 6, "val": 4, "joined": JOINED, "batch": BATCH + JOINED}
    learnt = [*folder.indices("train"), *folder.indices("val")]
    kinds = ("images", "backgrounds")
    hashes = {file_sha256(real / kind / Path(folder.pairs[i].image).name)[:16] for i in learnt for kind in kinds}
    assert hashes <= set(record.files)
    row = read_metrics(undisturbed / "metrics.csv")[-1]
    assert {"val_iou", "stress_iou", "real_loss", "real_iou", "real_delta1"} <= row.keys()
    assert np.isfinite(row["real_iou"])
    card = load_model(undisturbed, "cpu").card
    assert card.real_pictures == f"4 of 20 in a batch, of 6 pictures (digest {folder.digest[:12]})"


def test_evaluate_tests_on_what_was_not_learnt(undisturbed: Path, real: Path) -> None:
    found = evaluate_real(undisturbed, real, {}, "cpu")
    names = json.dumps(found.report.content())
    assert found.report.pictures == 2
    assert "were trained on" not in names


def test_a_run_goes_on_with_these_pictures_alone(undisturbed: Path, corpus: Corpus, tmp_path: Path) -> None:
    other = opened(make_real(tmp_path / "other", 12, 6, first=3))
    given: dict[str, Any] = {"steps": 6, "validate_every": 3}
    with pytest.raises(Problem, match=r"real pictures of digest .* were mixed in, and --mix .*other is .*: give that"):
        train(corpus, undisturbed, options(other, **given), CPU, mix=other)
    with pytest.raises(Problem, match=r"different: .*--share 0.0 \(was 0.2\)"):
        train(corpus, undisturbed, options(**given), CPU)


@pytest.mark.parametrize(
    "given",
    [
        {"model": "two_stream", "model_options": {"width": 4}, "size_px": 64},
        {"model": "basic_net", "targets": ("mask",), "size_px": 32},
        PERSON,
        {"model": "matting_unet", "size_px": 32, "targets": ("matte",)},
        {"model": "compact", "model_options": {"width": 4, "encoder": "mobilenetv4_conv_small_050"}, "size_px": 32,
         "targets": ("depth",)},
    ],
    ids=["two_stream", "basic_net", "person", "matte", "depth alone"],
)  # fmt: skip
def test_each_family_of_networks_takes_some_steps(
    corpus: Corpus, real: Path, tmp_path: Path, given: dict[str, Any]
) -> None:
    folder = opened(real)
    state = train(corpus, tmp_path / "run", options(folder, steps=2, batch=8, **given), CPU, mix=folder)
    assert state.step == 2
    row = read_metrics(tmp_path / "run/metrics.csv")[-1]
    assert np.isfinite(row["loss"])
    assert np.isfinite(row["real_loss"])


def test_people_one_by_one_are_numbers_in_the_masks(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools", reason="the extra [train] isn't installed")
    corpus = make_instance_corpus(tmp_path / "crowd")
    for seed in range(6):
        numbers = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
        numbers[5:30, 4:16], numbers[8:33, 30 : 40 + seed] = 1, 2
        save(numbers, tmp_path / f"real/masks/{seed}.png")
        save(np.full((HEIGHT_PX, WIDTH_PX, 3), 40 * seed, np.uint8), tmp_path / f"real/images/{seed}.png")
    folder = ImageMaskFolder(tmp_path / "real", {"masks": "classes", "val": 1, "test": 1, "groups": "none"})
    given = {"model": "maskrcnn", "model_options": LIGHT_MASKRCNN, "targets": ("instances",), "size_px": 64}
    wanted = options(folder, batch=8, steps=1, warmup_steps=1, validation_samples=2, **given)
    train(corpus, tmp_path / "run", wanted, CPU, mix=folder)
    row = read_metrics(tmp_path / "run/metrics.csv")[-1]
    assert {"val_mask_ap", "real_mask_ap"} <= row.keys()
    batch = next(iter(RunBuilder(
        CorpusSource(corpus, {}), wanted, fabric_on(CPU, "32-true"), mix=folder
    ).training_batches()))  # fmt: skip
    assert batch.net_computes_losses
    assert set(batch.truths["instances"][8:].unique().tolist()) == {0, 1, 2}


def test_unknown_pixels_of_trimaps_count_nowhere(corpus: Corpus, tmp_path: Path) -> None:
    root = make_real(tmp_path / "real", 6, 0)
    for seed in range(6):
        trimap = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
        trimap[8:30, 10:40], trimap[12:26, 16:34] = 128, 255
        save(trimap, root / f"masks/{seed:03}.png")
    folder = ImageMaskFolder(root, {"masks": "trimap", "val": 1, "test": 1, "groups": "none"})
    batch = mixed(corpus, folder, batch=8, augment=False, **PERSON)[0]
    coverage, known = batch.truths["mask"]
    assert known[:8].all()
    assert not known[8:].flatten(1).all(1).any()
    assert len(coverage) == len(known) == 10
    with pytest.raises(Problem, match=r"masks read as trimaps: .*, of which some is unknown: for networks of one"):
        builder(corpus, ImageMaskFolder(make_pairs(root), folder.settings))


def make_pairs(root: Path) -> Path:
    """Give each picture of a folder a second shot."""
    for path in sorted((root / "images").iterdir()):
        save(np.full((HEIGHT_PX, WIDTH_PX, 3), 90, np.uint8), root / "backgrounds" / path.name)
    return root


def test_a_share_is_a_number_of_pictures_the_same_on_each_rank(corpus: Corpus, real: Path) -> None:
    mix = RealMix(opened(real), corpus, options(opened(real)), 2)
    assert [mix.count(options(share=share, batch=64)) for share in (0.1, 0.2, 0.5)] == [7, 16, 64]
    assert mix.count(options(share=0.2, batch=64), 2) == 16
    line = r"--share 0\.1: 7 pictures a batch, and 2 ranks share them: give 0\.1111 \(8\)"
    with pytest.raises(Problem, match=line):
        mix.count(options(share=0.1, batch=64), 2)
    with pytest.raises(Problem, match=r"--share 0\.005: is no picture in a batch of 64: give 0\.016 or more"):
        mix.count(options(share=0.005, batch=64))
    assert mix.count(options(share=0.016, batch=64)) == 1
    assert mix.count(options(share=0.1111, batch=64), 2) == 8


def test_what_a_folder_lacks_is_told_in_a_line(corpus: Corpus, tmp_path: Path) -> None:
    flat = opened(make_real(tmp_path / "flat", 12, 0))
    with pytest.raises(Problem, match="the network compares two shots, and there are no second shots: put them into"):
        builder(corpus, flat)
    given = {"model": "compact", "model_options": {"encoder": "mobilenetv4_conv_small_050"}, "size_px": 32}
    with pytest.raises(Problem, match="has no depth map, and nothing but depth is learnt: put some into"):
        builder(corpus, flat, targets=("depth",), **given)
    with pytest.raises(Problem, match=r"has masks read as binary: .*: give masks that number people"):
        RealMix(flat, corpus, options(targets=("instances",)), 1)


def test_pictures_without_a_second_shot_of_their_size_are_left_out_and_said(corpus: Corpus, tmp_path: Path) -> None:
    root = make_real(tmp_path / "real", 12, 6)
    (root / "backgrounds/001.png").unlink()
    save(np.zeros((20, 28, 3), np.uint8), root / "backgrounds/002.png")
    mix = RealMix(ImageMaskFolder(root, {"groups": "none"}), corpus, options(), 2)
    assert mix.notes == [
        "1 of 12 pictures left out: has no second shot (images/001.png)",
        "1 of 12 pictures left out: has a second shot of another size (images/002.png)",
    ]
    assert not {1, 2} & {*mix.train.tolist(), *mix.val.tolist()}
    folder = ImageMaskFolder(root, {"groups": "none"})
    for i in folder.indices("train").tolist():
        (root / "backgrounds" / Path(folder.pairs[i].image).name).unlink(missing_ok=True)
    with pytest.raises(Problem, match="no picture is left to train on: give --val 0 --test 0, or more pictures"):
        RealMix(ImageMaskFolder(root, {"groups": "none"}), corpus, options(), 2)
