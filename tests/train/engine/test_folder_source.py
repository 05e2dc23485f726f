"""A folder as training asks for it: batches prepared, targets, and short runs through the one loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from lightning_fabric import Fabric

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.geometry import resize
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.corpus_source import CorpusSource
from bgfg.train.engine.folder_source import FolderSource
from bgfg.train.engine.launch import train
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.engine.trainer import TrainState
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.models.checkpoint import Checkpoint, load_network
from bgfg.train.models.registry import build_model
from bgfg.train.ops.device import Device
from bgfg.train.targets.classes import ClassesTarget
from bgfg.train.targets.mask import MaskTarget, PartialMaskTarget
from bgfg.train.targets.matte import MatteTarget
from tests.support.paired_folders import make_aisegment, make_pets, make_plain
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, stopped_after

SMALL = {
    "model": "unet", "model_options": {"width": 4}, "size_px": 16, "epochs": None, "steps": 6, "batch": 3, "lr": 1e-2,
    "warmup_steps": 1, "average": 0.5, "log_every": 1, "threads": 1, "sheet_rows": 2, "validate_every": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plain(tmp_path_factory.mktemp("plain"), 12)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plain: Path) -> tuple[Path, TrainState]:
    """A run that nothing has stopped, and where it ended."""
    path = tmp_path_factory.mktemp("whole") / "run"
    return path, run(ImageMaskFolder(plain), path)


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def options(**given: Any) -> TrainOptions:
    return TrainOptions(**{**SMALL, **given})


def run(folder: ImageMaskFolder | Corpus, path: Path, **given: Any) -> TrainState:
    return train(folder, path, options(**given), Device("cpu", "a test's"))


def test_undisturbed_a_batch_is_the_picture_alone_and_its_mask(plain: Path, fabric: Fabric) -> None:
    source = FolderSource(ImageMaskFolder(plain, {"split": "100/0/0"}))
    net = build_model("unet", width=4, input_px=16)
    chosen = options(augment=False)
    objective = source.objective(chosen)
    samples = source.open_stream(chosen, net, fabric)
    for batch in source.training_batches(samples, chosen, objective, net):
        assert batch.bg is None
        assert batch.shots == (batch.bg_fg,)
        assert set(batch.tensors()) == {"samples", "bg_fg", "mask"}
        for i, shot, mask in zip(batch.samples.tolist(), batch.bg_fg, batch.truths["mask"], strict=True):
            image = torch.from_numpy(source.folder.image(i)).permute(2, 0, 1)[None]
            assert torch.allclose(shot * 255, resize(image, (16, 16))[0].float(), atol=1e-3)
            truth = torch.from_numpy(source.folder.label_maps(i, ["mask"])["mask"])[None, None]
            assert torch.allclose(mask * 255, resize(truth, (16, 16))[0].float(), atol=1e-3)


def test_disturbed_the_mask_goes_where_its_picture_goes(plain: Path, fabric: Fabric) -> None:
    """The discs are bright in red: what is bright is the mask, however the picture was turned, cut and exposed."""
    source = FolderSource(ImageMaskFolder(plain, {"split": "100/0/0"}))
    net = build_model("unet", width=4, input_px=64)
    chosen = options(size_px=64)
    batches = source.training_batches(source.open_stream(chosen, net, fabric), chosen, source.objective(chosen), net)
    met = either = 0
    for epoch in range(4):
        batches.stream.set_epoch(epoch)
        for batch in batches:
            red, mask = batch.bg_fg[:, :1] - batch.bg_fg[:, 2:], batch.truths["mask"] > 0.5
            middles = (red.amax((2, 3), keepdim=True) + red.amin((2, 3), keepdim=True)) / 2
            bright = red > middles
            met, either = met + int((bright & mask).sum()), either + int((bright | mask).sum())
    assert met / either > 0.8


def test_the_objective_is_that_of_the_folder(plain: Path, tmp_path: Path) -> None:
    def made(folder: ImageMaskFolder, target: str) -> Any:
        return FolderSource(folder).objective(options(targets=(target,))).targets[target]

    pets = ImageMaskFolder(make_pets(tmp_path / "pets"))
    assert type(made(ImageMaskFolder(plain), "mask")) is MaskTarget
    assert type(made(ImageMaskFolder(plain), "matte")) is MatteTarget
    assert type(made(pets, "mask")) is MaskTarget
    assert made(pets, "classes").names == ("pet", "background", "outline")
    assert type(made(ImageMaskFolder(pets.path, {"outline": "ignore"}), "mask")) is PartialMaskTarget
    assert isinstance(made(pets, "classes"), ClassesTarget)
    with pytest.raises(Problem, match=r"--targets depth: .* has mask or matte .*: choose of these"):
        made(ImageMaskFolder(plain), "depth")
    with pytest.raises(Problem, match=r"--targets matte: .* has classes or mask .*: choose of these"):
        made(pets, "matte")


def test_targets_default_to_what_both_folder_and_network_can(plain: Path, tmp_path: Path, composed: Path) -> None:
    mask, pets = FolderSource(ImageMaskFolder(plain)), FolderSource(ImageMaskFolder(make_pets(tmp_path / "pets")))
    mattes = FolderSource(ImageMaskFolder(make_aisegment(tmp_path / "mattes")))
    assert mask.default_targets(("mask", "classes")) == ("mask",)
    assert mask.default_targets(("matte",)) == ("matte",)
    assert pets.default_targets(("mask", "classes")) == ("classes",)
    assert mattes.default_targets(("mask", "classes")) == ("mask",)
    corpus = CorpusSource(Corpus(composed), {})
    assert corpus.default_targets(("mask", "depth")) == ("mask",)
    assert corpus.default_targets(("matte",)) == ("matte",)


def test_a_run_leaves_what_any_run_leaves(whole: tuple[Path, TrainState]) -> None:
    path, state = whole
    assert state.step == 6
    assert state.threshold is not None
    rows = read_metrics(path / "metrics.csv")
    assert [row["step"] for row in rows] == list(range(1, 7))
    assert [row["step"] for row in rows if "val_iou" in row] == [3, 6]
    assert sorted(sheet.name for sheet in (path / "sheets").iterdir()) == ["step_0000003.png", "step_0000006.png"]
    assert (path / "curves.png").exists()
    net, description = load_network(path)
    assert net.shots == 1
    assert description["options"]["data"] == {}
    assert len(description["files"]) == 11


@pytest.mark.parametrize("stop", [2, 5])
def test_stopped_within_an_epoch_it_goes_on_the_same(
    plain: Path, whole: tuple[Path, TrainState], tmp_path: Path, stop: int
) -> None:
    with stopped_after(stop):
        run(ImageMaskFolder(plain), tmp_path, checkpoint_every_s=0.0)
    run(ImageMaskFolder(plain), tmp_path)
    paths = (whole[0], tmp_path)
    one, two = (losses(read_metrics(path / "metrics.csv")) for path in paths)
    assert one == two
    parts = [Checkpoint.load(path / "checkpoints/last.safetensors").parts for path in paths]
    for part, named in parts[0].items():
        assert all(torch.equal(value, parts[1][part][name]) for name, value in named.items())


def test_classes_and_mattes_go_through_the_same_loop(tmp_path: Path) -> None:
    pets, mattes = make_pets(tmp_path / "pets"), make_aisegment(tmp_path / "mattes")
    classes = run(ImageMaskFolder(pets), tmp_path / "a", targets=("classes",))
    assert {"val_miou", "val_accuracy", "val_loss"} == classes.figures.keys()
    net, description = load_network(tmp_path / "a")
    assert net(torch.rand(1, 3, 16, 16))["classes"].shape == (1, 3, 16, 16)
    assert description["classes"] == ["pet", "background", "outline"]
    matte = run(
        ImageMaskFolder(mattes), tmp_path / "b", model="matting_unet", model_options={}, targets=("matte",), clip=None
    )
    assert {"val_alpha_mae", "val_alpha_mse", "val_loss"} == matte.figures.keys()
    ignored = run(ImageMaskFolder(pets, {"outline": "ignore"}), tmp_path / "c")
    assert ignored.figures.keys() == {"val_iou", "val_loss"}
    outside = {"model": "smp:unet", "model_options": {"encoder": "tu-test_resnet"}, "size_px": 32}
    assert run(ImageMaskFolder(pets), tmp_path / "d", targets=("classes",), steps=2, **outside).step == 2
    assert load_network(tmp_path / "d")[0].shots == 1


def test_a_matte_is_learnt_from_a_corpus_too(tmp_path: Path) -> None:
    corpus = make_stream_corpus(tmp_path)
    given = {"model": "matting_unet", "model_options": {}, "targets": ("matte",), "batch": 8, "steps": 2}
    state = run(corpus, tmp_path / "run", **given)
    assert {"val_alpha_mae", "stress_alpha_mse"} <= state.figures.keys()
    assert state.threshold is None


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"model": "two_stream", "model_options": {}}, "--model two_stream: takes two shots of a scene, without and"),
        ({"batch": 50}, "{}: 10 pairs to train on: too few for a batch of 50: give a smaller --batch"),
        ({"targets": ("depth",)}, "--targets depth: unet learns mask, classes: choose of these, each once"),
        ({"targets": ("classes",)}, "--targets classes: {} has no classes: leave the option out"),
        ({"accumulate": 9}, "{}: an epoch has 3 batches of 3 and a step takes --accumulate 9: give less"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_a_line(plain: Path, tmp_path: Path, given: dict, line: str) -> None:
    with pytest.raises(Problem) as caught:
        run(ImageMaskFolder(plain), tmp_path, **given)
    assert len(caught.value.lines) == 1
    assert caught.value.lines[0].startswith(line.format(plain))
    assert caught.value.exit_code == 2


def test_another_split_or_other_files_are_another_run(plain: Path, tmp_path: Path) -> None:
    run(ImageMaskFolder(plain), tmp_path / "run", steps=2)
    with pytest.raises(Problem, match=r"\(different: --test 3 \(was not given\)\): give the same ones"):
        run(ImageMaskFolder(plain, {"test": 3}), tmp_path / "run", steps=2)
    other = make_plain(tmp_path / "other", 9)
    with pytest.raises(Problem, match=r"trained on the folder of digest .* give that folder, or another folder"):
        run(ImageMaskFolder(other), tmp_path / "run", steps=2)


def test_a_corpus_takes_no_settings_of_folders(composed: Path) -> None:
    with pytest.raises(Problem, match=r"--split, --val: for folders of images and masks; a corpus was split when"):
        CorpusSource(Corpus(composed), {"split": "80/10/10", "val": 3})
