"""The encoder of a network: a rate of its own, held still in the first steps, and the same after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import LRSchedule
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.encoder_schedule import EncoderSchedule
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.models.checkpoint import Checkpoint, load_network
from bgfg.train.models.registry import build_model
from bgfg.train.ops.device import Device, fabric_on
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.objective import Objective
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, train_tiny

NETWORK: dict[str, Any] = {"encoder": "test_resnet", "stem": "encoder", "stride": 4, "width": 4, "align": False}
RATE = 1e-3


def learner(**given: Any) -> Learner:
    options = TrainOptions(epochs=None, steps=10, lr=RATE, weight_decay=0.1, average=0.0, **given)
    torch.manual_seed(0)
    net = build_model("two_stream", ("mask",), input_px=64, **NETWORK)
    schedule = LRSchedule("constant", RATE, 10)
    return Learner(net, Objective({"mask": MaskTarget()}), options, schedule, fabric_on(Device("cpu", ""), "32-true"))


def batch() -> Batch:
    draw = torch.Generator().manual_seed(1)
    bg, bg_fg = torch.rand(2, 4, 3, 64, 64, generator=draw)
    return Batch(torch.arange(4), bg, bg_fg, {"mask": (torch.rand(4, 1, 32, 32, generator=draw) > 0.5).float()})


def state(it: Learner) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in it.parts()["net"].items()}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    return [name for name in before if not torch.equal(before[name], after[name])]


def of_encoder(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith("encoder.")]


def test_the_encoder_and_its_statistics_stay_as_they_are_for_the_steps_and_learn_afterwards() -> None:
    it, given = learner(freeze_steps=2), [batch()]
    start = state(it)
    for step in range(2):
        it.step(given, step)
    still = changed(start, state(it))
    assert of_encoder(still) == []
    assert "refine.head.weight" in still
    it.step(given, 2)
    moved = of_encoder(changed(start, state(it)))
    # Layers in a branch that begins with a factor of 0 get their gradients a step later.
    assert {name for name in start if name.startswith("encoder.backbone.conv1.")} <= set(moved)
    assert {name for name in of_encoder(list(start)) if name.endswith(("running_mean", "running_var"))} <= set(moved)


def test_of_the_first_stages_alone_nothing_moves() -> None:
    it = learner(freeze_steps=2, freeze_stages=1)
    start = state(it)
    it.step([batch()], 0)
    moved = of_encoder(changed(start, state(it)))
    first = tuple(f"encoder.backbone.{name}." for name in ("conv1", "bn1", "layer1"))
    assert not [name for name in moved if name.startswith(first)]
    assert [name for name in moved if name.startswith("encoder.backbone.layer2.")]


def test_a_step_of_the_encoder_is_as_much_smaller_as_its_share_says() -> None:
    whole, share = learner(), learner(encoder_lr_scale=0.1)
    start = state(whole)
    for it in (whole, share):
        it.step([batch()], 0)
    after, slower = state(whole), state(share)
    parameters = dict(it_name for it_name in whole._net.named_parameters())
    for name in parameters:
        scale = 0.1 if name.startswith("encoder.") else 1.0
        # The first step of Adam is as long as the rate, and decay is a share of the rate too.
        assert torch.allclose(slower[name] - start[name], scale * (after[name] - start[name]), atol=2e-7), name


def test_several_ranks_leave_gradients_out_in_place_of_not_computing_them() -> None:
    net = build_model("two_stream", ("mask",), input_px=64, **NETWORK)
    schedule = EncoderSchedule(net, TrainOptions(freeze_steps=1), ranks=2)
    schedule.begin_step(0)
    net(*batch().shots)["mask"].sum().backward()
    part = net.encoder_part()
    assert part is not None
    assert all(parameter.grad is not None for parameter in part.parameters())
    schedule.drop_gradients()
    assert all(parameter.grad is None for parameter in part.parameters())
    assert any(parameter.grad is not None for parameter in net.parameters())


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        ("unet", {"freeze_steps": 1}, "--freeze-steps: the network unet has no encoder apart from the rest"),
        ("unet", {"encoder_lr_scale": 0.5}, "--encoder-lr-scale: the network unet has no encoder"),
        ("smp:unet:tu-test_resnet", {"freeze_steps": 1, "freeze_stages": 9}, "--freeze-stages 9: the encoder has 5"),
        ("smp:unet", {"freeze_steps": 1, "freeze_stages": 1}, "the stages of this encoder aren't known"),
    ],
)
def test_what_a_network_does_not_have_is_one_line(model: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        EncoderSchedule(build_model(model, ("mask",)), TrainOptions(**given))


@pytest.mark.parametrize("encoder", ["test_efficientnet", "test_convnext", "test_mambaout", "resnet18"])
def test_the_stages_of_every_kind_of_encoder_grow_with_their_number(encoder: str) -> None:
    net = build_model(f"smp:unet:tu-{encoder}", ("mask",), input_px=64)
    counts = []
    for stages in (1, 2, 3):
        schedule = EncoderSchedule(net, TrainOptions(freeze_steps=1, freeze_stages=stages))
        schedule.begin_step(0)
        counts.append(sum(not parameter.requires_grad for parameter in net.parameters()))
        schedule.begin_step(1)
        assert all(parameter.requires_grad for parameter in net.parameters())
    assert 0 < counts[0] < counts[1] < counts[2]


def test_a_run_that_was_stopped_while_frozen_goes_on_as_it_would_have_without_the_file_of_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, file = make_stream_corpus(tmp_path), tmp_path / "w.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), file)
    given: dict[str, Any] = {
        "model": "two_stream", "targets": ("mask",), "size_px": 64, "steps": 4, "freeze_steps": 2,
        "freeze_stages": 2, "encoder_lr_scale": 0.3, "batch": 8, "checkpoint_every_s": 0.0,
        "model_options": {"encoder": "test_resnet", "weights": str(file), "stride": 4, "width": 4},
    }  # fmt: skip
    train_tiny(corpus, tmp_path / "whole", **given)
    step = Learner.step

    def stopped(self: Learner, batches: Sequence[Batch], number: int) -> Tensor:
        if number == 3:
            raise KeyboardInterrupt
        return step(self, batches, number)

    monkeypatch.setattr(Learner, "step", stopped)
    with pytest.raises(KeyboardInterrupt):
        train_tiny(corpus, tmp_path / "stopped", **given)
    monkeypatch.setattr(Learner, "step", step)
    file.unlink()
    train_tiny(corpus, tmp_path / "stopped", **given)
    whole, stopped_one = (tmp_path / run for run in ("whole", "stopped"))
    assert losses(read_metrics(whole / "metrics.csv")) == losses(read_metrics(stopped_one / "metrics.csv"))
    mine, theirs = (Checkpoint.load(run / "checkpoints/last.safetensors") for run in (whole, stopped_one))
    for part in ("net", "average"):
        assert changed(dict(mine.parts[part]), dict(theirs.parts[part])) == []
    net, description = load_network(stopped_one)
    assert net.origin is not None
    assert description["model"]["options"]["weights"] == net.origin.content()
    assert net.origin.source.startswith("w.safetensors, SHA-256 ")
