"""The presets: options that suit a kind of device, or an older recipe. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LENGTHS = ("epochs", "steps", "minutes")

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The full run: some 15 minutes on an H200.
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
        "size_px": 96,
        "minutes": 7,
        "batch": 32,
        "lr": 3e-3,
        "warmup_steps": 50,
        "average": 0.995,
        "validation_samples": 256,
        "log_every": 10,
        "checkpoint_every_s": 30.0,
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
    """Return the options of a preset with those given in their place; a length given replaces the preset's."""
    chosen = dict.fromkeys(LENGTHS) | dict(PRESETS[name])
    if any(length in given for length in LENGTHS):
        chosen |= dict.fromkeys(LENGTHS)
    return chosen | dict(given)
