"""Options of a run, with their bounds, which are checked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import LR_SCHEDULES

TARGETS = ("mask", "depth", "classes", "matte", "instances")
LOGGERS = ("csv", "tensorboard", "wandb")

# Augmentations of the people in pairs, each with a share of pairs.
PEOPLE_AUGMENTATIONS = ("repaint", "crowd")
# What the parallax of second shots is of: nearness that is drawn, or the depth of the corpus's backgrounds.
PARALLAX_SOURCES = ("drawn", "depth")
# Options that change nothing in the course of the loss but its last digits, and may differ when a run is resumed.
CHANGEABLE_ON_RESUME = ("precision", "compile", "threads", "log", "log_every", "checkpoint_every_s", "sheet_rows")

_Rule = tuple[Callable[[Any], bool], str]


@dataclass(frozen=True)
class TrainOptions:
    """The options of a run.

    Exactly one of `epochs`, `steps` and `minutes` is given; minutes become steps before the start
    (engine/time_budget.py).

    Attributes:
        model: Name of the network.
        model_options: Options of the network.
        targets: What is learnt, of TARGETS.
        size_px: Side of the network's input, None for its own.
        sizes_px: Sides of which each batch's is drawn, for networks that take several; none for `size_px` alone.
        epochs: Length of the run in epochs.
        steps: Length of the run in steps.
        minutes: Length of the run in minutes.
        batch: Samples of a pass over all ranks; a step takes `accumulate` passes.
        also: Samples of other corpora that join each batch, a number for each corpus.
        share: Share of each batch that real pictures of a folder have; 0 for none.
        accumulate: Passes of a step, whose gradients are averaged.
        lr: Learning rate at its peak.
        encoder_lr_scale: Share of the learning rate at which the network's encoder learns.
        freeze_steps: Steps in which the encoder is held still, its batch normalisation too.
        freeze_stages: How many of the encoder's first stages that is for; None for all of it.
        schedule: Learning-rate schedule, of LR_SCHEDULES.
        warmup_steps: Steps in which the learning rate rises.
        lr_epochs: Epochs between two decays of the schedule "step".
        gamma: Factor of each decay of the schedule "step".
        weight_decay: Weight decay of the optimiser.
        betas: Betas of Adam.
        clip: Largest norm of the gradient, None for any.
        average: Decay of the weights' moving average, 0 for none.
        augment: Whether samples are augmented.
        repaint: Share of pairs whose people get the texture of another background.
        crowd: Share of pairs that get another figure.
        parallax: What the parallax of second shots is of, of PARALLAX_SOURCES; None for drawn.
        start: A run, or a checkpoint, of the same network, whose weights the run begins with.
        matte_loss: Whether the matte's squared errors are summed up ("sum") or averaged ("mean").
        data: How a folder of images and masks is split and read, as folders/folder.py has it.
        seed: Seed of the order, of augmentation and of the first weights.
        fake_data: Train on the first batch over and over, to measure the speed without the stream.
        validate_every: Steps between validations; None for an epoch, or an eighth of the run where that is shorter.
        validation_samples: At most so many samples of the split val are used.
        patience: Validations without progress before the run stops early, None for never.
        precision: Of ops.device.PRECISIONS; None for the device's own, "auto" for the fastest, which a run keeps.
        compile: Whether the network is compiled.
        threads: Threads that decode, None for the stream's own choice.
        log: Loggers, of LOGGERS.
        log_every: Steps between log entries.
        checkpoint_every_s: Least seconds between checkpoints.
        sheet_rows: Samples of a sheet of predictions.
    """

    model: str = "two_stream"
    model_options: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ("mask",)
    size_px: int | None = None
    sizes_px: tuple[int, ...] = ()
    epochs: float | None = 10
    steps: int | None = None
    minutes: float | None = None
    batch: int = 64
    also: tuple[int, ...] = ()
    share: float = 0.0
    accumulate: int = 1
    lr: float = 1e-3
    encoder_lr_scale: float = 1.0
    freeze_steps: int = 0
    freeze_stages: int | None = None
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
    parallax: str | None = None
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
        """Raise Problem (exit code 2) where an option makes no sense."""
        lengths = {n: v for n, v in (("epochs", self.epochs), ("steps", self.steps), ("minutes", self.minutes)) if v}
        if len(lengths) != 1:
            raise Problem("--epochs, --steps, --minutes: give one of them, above 0", exit_code=2)
        require_values({each.name: getattr(self, each.name) for each in fields(self)})
        if self.freeze_stages is not None and not self.freeze_steps:
            line = f"--freeze-stages {self.freeze_stages}: give --freeze-steps too, for how long"
            raise Problem(line, exit_code=2)
        asked_for = [name for name in PEOPLE_AUGMENTATIONS if getattr(self, name)]
        asked_for += ["parallax"] if self.parallax is not None else []
        if asked_for and not self.augment:
            line = f"--{asked_for[0]} {getattr(self, asked_for[0])}: --no-augment disturbs nothing: leave one out"
            raise Problem(line, exit_code=2)

    def content(self) -> dict[str, Any]:
        """Return the options as JSON values by name."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> TrainOptions:
        """Return the options from JSON values by name; the inverse of `content()`."""
        made: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in content.items()}
        return cls(**made)

    def differing(self, other: TrainOptions) -> list[str]:
        """Return what makes this another run than `other`'s, with both values, such as "--steps 5 (was 4)"."""
        mine, theirs = self._byflag_of(), other._byflag_of()
        names = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
        return [f"{name} {_said(mine.get(name))} (was {_said(theirs.get(name))})" for name in names]

    def _byflag_of(self) -> dict[str, Any]:
        """Return what makes a run, by the names of the command line; those of a folder's data are options too."""
        content = self.content() | {"parallax": self.parallax or PARALLAX_SOURCES[0]}
        of_data = {flag_of(name): value for name, value in content.pop("data").items()}
        return {flag_of(name): value for name, value in content.items() if name not in CHANGEABLE_ON_RESUME} | of_data


def require_values(given: Mapping[str, Any]) -> None:
    """Hold options to their bounds, each by itself: what needs no data can be told before they are read.

    Args:
        given: Values by the names of TrainOptions, all or some of them; None for none.

    Raises:
        Problem: A value is out of bounds (exit code 2).
    """
    for name, (fits, advice) in _RULES.items():
        is_said = name in given and not (given[name] is None and name in _MAY_BE_NONE)
        if is_said and not fits(given[name]):
            raise Problem(f"{flag_of(name)} {_said(given[name])}: {advice}", exit_code=2)
    for name, least in _MINIMA.items():
        most, said = _MAXIMA.get(name, _LARGEST), given.get(name)
        for value in said if isinstance(said, tuple) else (said,):
            if value is not None and not least <= value <= most:
                bound = f"at most {most:,}" if value > most else f"at least {least}"
                raise Problem(f"{flag_of(name)} {value}: give {bound}", exit_code=2)


def flag_of(name: str) -> str:
    """Return the name of the option on the command line: without the unit, with dashes."""
    other = {"fake_data": "fake-gpu-data", "model_options": "model-option"}
    return "--" + other.get(name, name.removesuffix("_px").removesuffix("_s").replace("_", "-"))


def _said(value: Any) -> str:
    """Return a value of an option as it is given."""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_said(of_it)}" for name, of_it in value.items()) or "not given"
    if isinstance(value, tuple) or (isinstance(value, list) and value):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not given" if value in (None, []) else str(value)


def _are_some(names: Any, choice: Sequence[str]) -> bool:
    return set(names) <= set(choice) and len(set(names)) == len(names)


_MAY_BE_NONE = {"epochs", "steps", "minutes", "clip", "parallax"}

# What an option has to be, and the advice where it isn't.
_ABOVE_ZERO: _Rule = (lambda value: 0 < value < math.inf, "give a number above 0")
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("lr", "encoder_lr_scale", "epochs", "steps", "minutes", "clip", "gamma"), _ABOVE_ZERO),
    **dict.fromkeys(PEOPLE_AUGMENTATIONS, (lambda value: 0 <= value <= 1, "give a share from 0 to 1")),
    "share": (lambda value: 0 <= value < 1, "give a share above 0 and below 1"),
    "average": (lambda value: 0 <= value < 1, "give a decay from 0 (none) to below 1"),
    "betas": (lambda pair: len(pair) == 2 and all(0 <= b < 1 for b in pair), "give two numbers from 0 to below 1"),
    "targets": (lambda names: bool(names) and _are_some(names, TARGETS), f"give some of {', '.join(TARGETS)}"),
    "parallax": (PARALLAX_SOURCES.__contains__, f"give one of {', '.join(PARALLAX_SOURCES)}"),
    "schedule": (LR_SCHEDULES.__contains__, f"give one of {', '.join(LR_SCHEDULES)}"),
    "log": (lambda names: set(names) <= set(LOGGERS), f"give some of {', '.join(LOGGERS)}"),
}

# What is larger is a slip of the pen, and some would take all memory or threads before it is told.
_LARGEST = 2**53
_MAXIMA = {
    "epochs": 1_000_000,
    "steps": 1_000_000_000,
    "minutes": 525_600,  # a year
    "lr": 100,
    "encoder_lr_scale": 1000,
    "gamma": 1,
    "weight_decay": 1000,
    "size_px": 16_384,
    "sizes_px": 16_384,
    "also": 2**20,
    "batch": 2**20,
    "accumulate": 2**20,
    "threads": 1024,
    "sheet_rows": 1000,
}

_MINIMA = {
    "epochs": 0,
    "steps": 0,
    "minutes": 0,
    "lr": 0,
    "encoder_lr_scale": 0,
    "gamma": 0,
    "size_px": 8,
    "sizes_px": 8,
    "batch": 1,
    "also": 1,
    "accumulate": 1,
    "freeze_steps": 0,
    "freeze_stages": 1,
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
