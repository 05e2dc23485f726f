"""The presets: options that suit a kind of device, or an older recipe. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LENGTHS = ("epochs", "steps", "minutes")

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
    # A look on a laptop: ends by itself with real figures.
    "cpu": {
        "model": "two_stream",
        "model_options": {
            "backbone": "test_resnet",  # the smallest residual network of timm
            "width": 24,
            "widest": 3,
            "convolutions": 1,
            "full_resolution": True,
            "siamese": False,
            "detail": True,
        },
        "size_px": 96,
        "minutes": 8,
        "batch": 16,
        "lr": 6e-3,
        "warmup_steps": 150,
        "average": 0.997,
        "validation_samples": 256,
        "log_every": 20,
        "checkpoint_every_s": 30.0,
    },
    # The compact teacher of depth, on a processor or a GPU.
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
    # As the scripts of the exercise that bgfg grew from trained their networks.
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


def preset_for(device: str) -> str:
    """Return the name of the preset that suits a kind of device."""
    return "cpu" if device == "cpu" else "gpu"


def with_preset(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a preset with those given in their place.

    A length given replaces the preset's. The options of a network are added to those of the preset; for another
    network than its own, those and its size are left out.
    """
    chosen = dict.fromkeys(LENGTHS) | dict(PRESETS[name])
    if any(length in given for length in LENGTHS):
        chosen |= dict.fromkeys(LENGTHS)
    of_network = chosen.pop("model_options", None) or {}
    if given.get("model", chosen.get("model")) != chosen.get("model"):
        chosen.pop("size_px", None)
        of_network = {}
    return chosen | dict(given) | {"model_options": {**of_network, **given.get("model_options", {})}}
