"""Options that the commands of training, `train` and `teach`, share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bgfg.data_manifests.terminal.cli_types import NameValue, combine_options, once_each
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.config.lr_schedule import LR_SCHEDULES
from bgfg.train.config.options import LOGGERS, TrainOptions, flag_of


class Sides(click.ParamType):
    """Whole numbers with commas between them."""

    name = "px,px..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Parse the text of the option."""
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r}: give sides in pixels, such as 128,160,192", param, ctx)


class FloatOrNone(click.ParamType):
    """A number, or `none`; gives a float, or "none", since None would mean that the option wasn't given."""

    name = "float|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Parse the text of the option."""
        try:
            return "none" if value == "none" else float(value)
        except ValueError:
            self.fail(f"{value!r}: give a number, or none", param, ctx)


class Betas(click.ParamType):
    """Two numbers with a comma between them."""

    name = "float,float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Parse the text of the option."""
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r}: give two numbers, such as 0.5,0.99", param, ctx)


recipe_options = combine_options(
    click.option("--model-option", multiple=True, type=NameValue(), callback=once_each,
                 help="Option of the network, such as width=16, encoder=NAME of timm, or weights=imagenet for what "
                      "the encoder starts from (or a file); may be given several times."),
    click.option("--size", "size_px", type=int, help="Side of the network's input in pixels."),
    click.option("--sizes", "sizes_px", type=Sides(),
                 help="Sides of which that of each batch is drawn, such as 128,160,192; --size is validated."),
    click.option("--epochs", type=float, help="Length of the run in passes over the training split."),
    click.option("--steps", type=int, help="Length of the run in steps."),
    click.option("--minutes", type=float,
                 help="Length of the run in minutes, made into steps by measuring the speed first."),
    click.option("--batch", type=int,
                 help="Samples of a pass through the network, over all GPUs; of a corpus a multiple of 8."),
    click.option("--accumulate", type=int, help="Passes whose gradients are added up to one step."),
    click.option("--lr", type=float, help="Learning rate at its peak."),
    click.option("--encoder-lr-scale", type=float,
                 help="Share of the learning rate at which the encoder learns, such as 0.1 for a pretrained one."),
    click.option("--freeze-steps", type=int,
                 help="First steps in which the encoder is held still, its batch normalisation too."),
    click.option("--freeze-stages", type=int,
                 help="First stages of the encoder that --freeze-steps holds still.  [default: all]"),
    click.option("--schedule", type=click.Choice(LR_SCHEDULES), help="How the learning rate falls."),
    click.option("--warmup-steps", type=int, help="Steps in which the learning rate rises to its peak."),
    click.option("--lr-epochs", type=int, help="Epochs between falls of the learning rate, for --schedule step."),
    click.option("--gamma", type=float, help="Factor of the learning rate at each fall, for --schedule step."),
    click.option("--weight-decay", type=float, help="Weight decay of AdamW."),
    click.option("--betas", type=Betas(), help="Betas of AdamW, such as 0.5,0.99."),
    click.option("--matte-loss", type=click.Choice(["sum", "mean"]), help="How a matte's squared errors are reduced."),
    click.option("--clip", type=FloatOrNone(),
                 help="Largest norm of the gradient, to which longer ones are cut; none for any."),
    click.option("--average", type=float, help="Decay of the moving average of the weights; 0 for none."),
    click.option("--augment/--no-augment", default=None, help="Whether training pictures are changed at random."),
    click.option("--seed", type=int, help="Seed of weights, order and augmentation."),
    click.option("--validate-every", type=int, metavar="STEPS",
                 help="Steps between validations.  [default: an epoch, or an eighth of the run]"),
    click.option("--validation-samples", type=int, help="Most samples of the split val that are validated on."),
    click.option("--patience", type=int, help="Stop after so many validations without progress."),
    click.option("--fake-gpu-data", "fake_data", is_flag=True, default=None,
                 help="Train on one batch over and over, which tells the speed without the stream."),
)  # fmt: skip

runtime_options = combine_options(
    click.option("--device", type=click.Choice(["cuda", "mps", "cpu"]),
                 help="Device to train on.  [default: the best there is]"),
    click.option("--precision", type=click.Choice(["auto", "32-true", "16-mixed", "bf16-mixed"]),
                 help="Precision of the numbers; auto measures on a processor whether bfloat16 is faster.  "
                      "[default: what the device is good at]"),
    click.option("--compile/--no-compile", default=None, help="Whether torch.compile makes the network faster."),
    click.option("--threads", type=int, help="Threads of the stream, and of PyTorch on a processor."),
    click.option("--log", multiple=True, type=click.Choice(LOGGERS),
                 help="Where figures go beside metrics.csv; may be given several times."),
    click.option("--log-every", type=int, metavar="STEPS", help="Steps from one row of metrics.csv to the next."),
    click.option("--checkpoint-every", "checkpoint_every_s", type=float, metavar="SECONDS",
                 help="Time between checkpoints; there is one after each validation too."),
    click.option("--sheet-rows", type=int, help="Samples that are drawn on a sheet of predictions."),
    click.option("--resume", type=click.Choice(["auto", "never"]), default="auto", show_default=True,
                 help="Go on with the run that is in RUN (auto), or refuse a folder that holds one (never)."),
)  # fmt: skip


def given_options(given: dict[str, Any]) -> dict[str, Any]:
    """Return those of the options above that were given, under the names and in the types of `TrainOptions`."""
    chosen = {name: value for name, value in given.items() if value is not None and value != ()}
    if "targets" in chosen:
        chosen["targets"] = tuple(name.strip() for name in chosen["targets"].split(","))
    if "model_option" in chosen:
        chosen["model_options"] = dict(chosen.pop("model_option"))
    if chosen.get("clip") == "none":
        chosen["clip"] = None
    return chosen


def require_effect(given: Mapping[str, Any], options: TrainOptions) -> None:
    """Raise Problem (exit code 2) where an option was given that does nothing in a run.

    Args:
        given: What `given_options` returned.
        options: All options of the run, those of the preset too.
    """
    for name in ("lr_epochs", "gamma"):
        if name in given and options.schedule != "step":
            raise Problem(f"{flag_of(name)} {given[name]}: is for --schedule step: leave it out", exit_code=2)
    if "matte_loss" in given and "matte" not in options.targets:
        line = f"--matte-loss {given['matte_loss']}: is for --targets matte: leave it out"
        raise Problem(line, exit_code=2)
