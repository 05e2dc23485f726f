"""What a run is made from: every option with its bounds, checked once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import KINDS

TARGETS = ("mask", "depth", "classes", "matte", "instances")
LOGS = ("csv", "tensorboard", "wandb")

# What is done to the people of pairs, each to a share of them.
PEOPLE = ("repaint", "crowd")
# What changes nothing in the course of the loss but its last digits, and may be chosen anew when a run goes on.
FREE = ("precision", "compile", "threads", "log", "log_every", "checkpoint_every_s", "sheet_rows")


@dataclass(frozen=True)
class Options:
    """The options of a run; raises Problem (exit code 2) where one makes no sense.

    How long it is: one of `epochs`, `steps` and `minutes` (made into steps before the start: engine/time_budget.py).
    batch: samples of a pass over all ranks; a step takes `accumulate` passes. size_px: side of the
    network's input, None for its own. lr: at its peak. lr_epochs, gamma: of the schedule "step". average: decay of
    the weights' moving average. clip: largest norm of the gradient. fake_data: train on the first batch over and over,
    to measure the speed without the stream. validate_every: steps, None for an epoch, or an eighth of the run where
    that is shorter. validation_samples: at most that many of the split val. patience: validations without progress
    before the run stops early. betas: of Adam. matte_loss: whether the matte's squared errors are summed up or
    averaged. repaint: the share of pairs whose people are painted anew; crowd: in which somebody else is too. start: a
    run, or a checkpoint, of the same network, whose weights the run begins with. data: how a folder of images and masks
    is split and read, as folders/folder.py has it. precision: of device.PRECISIONS, None for the device's own.
    """

    model: str = "two_stream"
    model_options: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ("mask",)
    size_px: int | None = None
    epochs: float | None = 10
    steps: int | None = None
    minutes: float | None = None
    batch: int = 64
    accumulate: int = 1
    lr: float = 1e-3
    schedule: str = "cosine"
    warmup_steps: int = 200
    lr_epochs: int = 5
    gamma: float = 0.1
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = 1.0
    average: float = 0.999
    augment: bool = True
    repaint: float = 0.0
    crowd: float = 0.0
    start: str | None = None
    matte_loss: str = "sum"
    data: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    fake_data: bool = False
    validate_every: int | None = None
    validation_samples: int = 512
    patience: int | None = None
    precision: str | None = None
    compile: bool = False
    threads: int | None = None
    log: tuple[str, ...] = ("csv",)
    log_every: int = 20
    checkpoint_every_s: float = 60.0
    sheet_rows: int = 8

    def __post_init__(self) -> None:
        lengths = {n: v for n, v in (("epochs", self.epochs), ("steps", self.steps), ("minutes", self.minutes)) if v}
        if len(lengths) != 1:
            raise Problem("--epochs, --steps, --minutes: give one of them, above 0", exit_code=2)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= least):
                raise Problem(f"{_flag(name)} {value}: give at least {least}", exit_code=2)
        for name in ("lr", *lengths, "clip", "gamma"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise Problem(f"{_flag(name)} {value}: give a number above 0", exit_code=2)
        for name in PEOPLE:
            share = getattr(self, name)
            if not 0 <= share <= 1:
                raise Problem(f"--{name} {share}: give a share from 0 to 1", exit_code=2)
            if share and not self.augment:
                raise Problem(f"--{name} {share}: --no-augment disturbs nothing: leave one out", exit_code=2)
        if not 0 <= self.average < 1:
            raise Problem(f"--average {self.average}: give a decay from 0 (none) to below 1", exit_code=2)
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise Problem(f"--betas {','.join(map(str, self.betas))}: give two numbers from 0 to below 1", exit_code=2)
        if not self.targets or not set(self.targets) <= set(TARGETS) or len(set(self.targets)) < len(self.targets):
            raise Problem(f"--targets {','.join(self.targets)}: give some of {', '.join(TARGETS)}", exit_code=2)
        if self.schedule not in KINDS:
            raise Problem(f"--schedule {self.schedule}: give one of {', '.join(KINDS)}", exit_code=2)
        if not set(self.log) <= set(LOGS):
            raise Problem(f"--log {','.join(self.log)}: give some of {', '.join(LOGS)}", exit_code=2)

    def content(self) -> dict[str, Any]:
        """Return the options as JSON has them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Options:
        """Return the options that `content` says; the inverse of `content()`."""
        made: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in content.items()}
        return cls(**made)

    def differing(self, other: Options) -> list[str]:
        """Return the names of the options that make another run than `other`'s."""
        mine, theirs = self.content(), other.content()
        return [name for name in mine if name not in FREE and mine[name] != theirs[name]]


def _flag(name: str) -> str:
    """Return the option of the command line: without the unit, with dashes."""
    return "--" + name.removesuffix("_px").removesuffix("_s").replace("_", "-")


_LEAST = {
    "size_px": 8,
    "batch": 1,
    "accumulate": 1,
    "warmup_steps": 0,
    "lr_epochs": 1,
    "weight_decay": 0,
    "seed": 0,
    "validate_every": 1,
    "validation_samples": 1,
    "patience": 1,
    "threads": 1,
    "log_every": 1,
    "checkpoint_every_s": 0,
    "sheet_rows": 1,
}
