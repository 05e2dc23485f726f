"""Presets: options that suit a kind of device, or an older recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RUN_LENGTHS = ("epochs", "steps", "minutes")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The full run.
    "gpu": {
        "model": "two_stream",
        "size_px": 192,
        "epochs": 20,
        "batch": 256,
        "lr": 2e-3,
        "warmup_steps": 500,
        "average": 0.9995,
        "validation_samples": 2_000,
        "compile": True,
        "log_every": 50,
    },
    # A first look on a laptop: it ends after minutes with figures that mean something.
    "cpu": {
        "model": "two_stream",
        "model_options": {
            "encoder": "test_resnet",  # the smallest residual network of timm
            "width": 24,
            "widest": 3,
            "convolutions": 1,
            "stride": 4,
            "siamese": False,
        },
        "size_px": 192,
        "minutes": 8,
        "precision": "auto",
        "batch": 16,
        "lr": 6e-3,
        "warmup_steps": 150,
        "average": 0.997,
        "validation_samples": 256,
        "log_every": 20,
        "checkpoint_every_s": 30.0,
    },
    # Single pictures and their masks, trained as is usual with such data.
    "pictures-gpu": {
        "model": "unet",
        "size_px": 256,
        "epochs": 100,
        "batch": 16,
        "lr": 1e-3,
        "warmup_steps": 100,
        "average": 0.999,
        "log_every": 20,
    },
    # A few pictures on a laptop: it takes minutes, and beats the simplest baselines.
    "pictures-cpu": {
        "model": "unet",
        "model_options": {"width": 16, "dropout": 0.1},
        "size_px": 128,
        "minutes": 5,
        "batch": 8,
        "lr": 2e-3,
        "warmup_steps": 30,
        "average": 0.99,
        "validation_samples": 64,
        "log_every": 10,
        "checkpoint_every_s": 30.0,
    },
    # The original recipe of matting_unet.
    "matting": {
        "model": "matting_unet",
        "targets": ("matte",),
        "size_px": 128,
        "epochs": 20,
        "batch": 8,
        "lr": 2e-4,
        "betas": (0.5, 0.99),
        "schedule": "constant",
        "warmup_steps": 0,
        "weight_decay": 0.0,
        "clip": None,
        "matte_loss": "sum",
    },
    # The same network on a laptop, in few steps: so they are larger, but not so large that the tanh saturates. At half
    # the side it takes four times as many, and its coarsest maps, of 68 px each, see the whole picture.
    "matting-cpu": {
        "model": "matting_unet",
        "targets": ("matte",),
        "size_px": 64,
        "minutes": 5,
        "batch": 8,
        "lr": 1e-3,
        "betas": (0.5, 0.99),
        "warmup_steps": 30,
        "weight_decay": 0.0,
        "clip": None,
        "average": 0.99,
        "matte_loss": "sum",
        "validation_samples": 64,
        "log_every": 10,
        "checkpoint_every_s": 30.0,
    },
    # Instance segmentation: from published weights, if given, or from scratch.
    "instances-gpu": {
        "model": "maskrcnn",
        "targets": ("instances",),
        "size_px": 320,
        "epochs": 2,
        "batch": 16,
        "lr": 2e-4,
        "warmup_steps": 500,
        "average": 0.999,
        "validation_samples": 512,
        "log_every": 20,
    },
    # The same on a laptop, with a network light enough to learn something in minutes.
    "instances-cpu": {
        "model": "maskrcnn",
        "model_options": {
            "backbone": "resnet18",
            "width": 64,
            "anchor_px": 16,
            "proposals": 200,
            "regions": 64,
            "detections": 20,
        },
        "targets": ("instances",),
        "size_px": 160,
        "minutes": 20,
        "batch": 8,
        "lr": 1e-3,
        "warmup_steps": 100,
        "average": 0.99,
        "validation_samples": 64,
        "log_every": 10,
        "checkpoint_every_s": 30.0,
    },
    # The compact depth teacher, on a CPU or a GPU.
    "teach": {
        "model": "compact",
        "targets": ("depth",),
        "size_px": 160,
        "epochs": 30,
        "batch": 32,
        "lr": 2e-3,
        "warmup_steps": 300,
        "average": 0.999,
        "validation_samples": 512,
    },
    # The recipe of the scripts of the exercise that bgfg grew from.
    "exercise": {
        "epochs": 10,
        "batch": 16,
        "lr": 1e-4,
        "schedule": "step",
        "lr_epochs": 5,
        "gamma": 0.1,
        "warmup_steps": 0,
        "weight_decay": 0.0,
        "clip": None,
        "average": 0.0,
    },
}


def preset_for(device: str, shots: int = 2, model: str | None = None) -> str:
    """Return the name of the preset that suits a run.

    Args:
        device: Kind of device, such as "cpu" or "cuda".
        shots: Pictures of a scene that the data have: 2 with the bare background, 1 without.
        model: Name of the network, None for the preset's.
    """
    kind = "cpu" if device == "cpu" else "gpu"
    if model == PRESETS["matting"]["model"]:
        return "matting-cpu" if kind == "cpu" else "matting"
    if model == PRESETS["instances-gpu"]["model"]:
        return f"instances-{kind}"
    return kind if shots > 1 else f"pictures-{kind}"


def with_preset(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a preset, overridden by those given.

    A run length given replaces the preset's, whatever their units; one that isn't by minutes leaves no precision to be
    measured. The options of the network are merged with those of the preset; for another network than the preset's, the
    preset's network options, size and targets are left out.

    Args:
        name: Name of the preset.
        given: Options by name, as TrainOptions has them.
    """
    chosen = dict.fromkeys(RUN_LENGTHS) | dict(PRESETS[name])
    if any(length in given for length in RUN_LENGTHS):
        chosen |= dict.fromkeys(RUN_LENGTHS)
        if "minutes" not in given:  # a run of so many steps can be repeated: nothing of it depends on a clock
            chosen.pop("precision", None)
    of_network = chosen.pop("model_options", None) or {}
    if given.get("model", chosen.get("model")) != chosen.get("model"):
        for own in ("size_px", "targets"):
            chosen.pop(own, None)
        of_network = {}
    return chosen | dict(given) | {"model_options": {**of_network, **given.get("model_options", {})}}
