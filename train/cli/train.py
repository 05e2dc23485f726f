"""The commands that train, and say what was learnt: parse, one call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from bgfg.data_manifests.terminal.errors import command, printable
from bgfg.synth.cli.cli import options
from bgfg.train.cli.check_data import FOLDER_SETTINGS, folder_options
from bgfg.train.config.lr_schedule import KINDS
from bgfg.train.config.options import LOGS
from bgfg.train.config.presets import PRESETS, with_preset
from bgfg.train.models.registry import learnt_by

RUN = click.Path(file_okay=False, path_type=Path)


class Setting(click.ParamType):
    """An option of a network, NAME=VALUE; gives the pair, the value as a number, a truth value, null or text."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        name, _, text = str(value).partition("=")
        if not name or not text:
            self.fail(f"{value!r}: give NAME=VALUE, such as width=16", param, ctx)
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


class FloatOrNone(click.ParamType):
    """A number, or `none`; gives a float, or "none" where there is to be none."""

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


network_options = options(
    click.option("--preset", type=click.Choice(list(PRESETS)), help="Options to start from.  [default: the device's]"),
    click.option("--model", metavar="NAME", help="two_stream, unet, maskrcnn, smp:unet ...: see `bgfg models`."),
    click.option("--targets", help="Of mask, depth, classes, matte, instances, with commas.  [default: what is there]"),
)

recipe_options = options(
    click.option("--model-option", multiple=True, type=Setting(), help="Of the network, such as width=16."),
    click.option("--size", "size_px", type=int, help="Side of the network's input in pixels."),
    click.option("--epochs", type=float, help="Length of the run in passes over the training split,"),
    click.option("--steps", type=int, help="or in steps,"),
    click.option("--minutes", type=float, help="or in minutes, made into steps by measuring the speed first."),
    click.option("--batch", type=int, help="Samples of a pass, over all ranks."),
    click.option("--accumulate", type=int, help="Passes a step, whose gradients are added up."),
    click.option("--lr", type=float, help="Learning rate at its peak."),
    click.option("--schedule", type=click.Choice(KINDS), help="How the learning rate falls."),
    click.option("--warmup-steps", type=int, help="Steps in which it rises."),
    click.option("--lr-epochs", type=int, help="Of the schedule step: epochs between falls,"),
    click.option("--gamma", type=float, help="and what it is multiplied by."),
    click.option("--weight-decay", type=float, help="Of AdamW."),
    click.option("--betas", type=Betas(), help="Of Adam, such as 0.5,0.99."),
    click.option("--matte-loss", type=click.Choice(["sum", "mean"]), help="How a matte's squared errors are reduced."),
    click.option("--clip", type=FloatOrNone(), help="Largest norm of the gradient."),
    click.option("--average", type=float, help="Decay of the moving average of the weights; 0 for none."),
    click.option("--augment/--no-augment", default=None, help="Whether training pictures are disturbed."),
    click.option("--seed", type=int, help="Seed of weights, order and disturbances."),
    click.option("--validate-every", type=int, metavar="STEPS", help="[default: an epoch, or an eighth of the run]"),
    click.option("--validation-samples", type=int, help="At most that many of the split val."),
    click.option("--patience", type=int, help="Stop after so many validations without progress."),
    click.option("--fake-gpu-data", "fake_data", is_flag=True, default=None,
                 help="Train on one batch over and over: the speed without the stream."),
)  # fmt: skip

people_options = options(
    click.option("--start", metavar="MODEL", help="A run or a checkpoint: its network, beginning with its weights."),
    click.option("--repaint", type=float, metavar="SHARE",
                 help="Of training pairs whose people are painted anew with parts of other backgrounds, and"),
    click.option("--crowd", type=float, metavar="SHARE",
                 help="in which somebody of another shape is too: to find what the corpus has nothing like."),
)  # fmt: skip

manner_options = options(
    click.option("--device", type=click.Choice(["cuda", "mps", "cpu"]), help="[default: the best there is]"),
    click.option("--precision", type=click.Choice(["32-true", "16-mixed", "bf16-mixed"]),
                 help="[default: what the device is good at]"),
    click.option("--compile/--no-compile", default=None, help="Whether torch.compile makes the network faster."),
    click.option("--threads", type=int, help="Threads of the stream, and of PyTorch on a processor."),
    click.option("--log", multiple=True, type=click.Choice(LOGS), help="Beside metrics.csv; may be given twice."),
    click.option("--log-every", type=int, metavar="STEPS", help="Steps to a row of metrics.csv."),
    click.option("--checkpoint-every", "checkpoint_every_s", type=float, metavar="SECONDS",
                 help="Time between checkpoints; there is one after each validation too."),
    click.option("--sheet-rows", type=int, help="Samples of a sheet of predictions."),
    click.option("--resume", type=click.Choice(["auto", "never"]), default="auto", show_default=True,
                 help="Go on with the run that is in RUN, or refuse to."),
)  # fmt: skip


@click.command()
@click.argument("corpus")
@click.argument("run", type=RUN)
@network_options
@recipe_options
@people_options
@folder_options
@manner_options
def train(corpus: str, run: Path, device: str | None, preset: str | None, resume: str, **given: Any) -> None:
    """Train a network on a corpus, or on images and masks; the same command again goes on where it was.

    RUN is a folder: run.json, metrics.csv, curves.png, sheets of predictions, and checkpoints, the last and the best.
    CORPUS is a folder or a URL, or a folder of images and masks (`bgfg check-data` says how it will be read).
    Several GPUs: torchrun --nproc-per-node 8 -m bgfg train corpus runs/first

    Example: bgfg train corpus runs/first
    """
    from bgfg.train.config.options import Options
    from bgfg.train.config.presets import preset_for
    from bgfg.train.engine.launch import open_data, source_of
    from bgfg.train.engine.launch import train as train_run
    from bgfg.train.engine.progress import shown
    from bgfg.train.models.checkpoint import recipe_of
    from bgfg.train.ops.device import pick

    settings = {name: given.pop(name) for name in FOLDER_SETTINGS}
    settings = {name: value for name, value in settings.items() if value is not None}
    on = pick(device)
    opened = open_data(corpus, settings)
    source = source_of(opened, settings)
    chosen = _chosen(given)
    if "start" in chosen:
        chosen = {**recipe_of(Path(chosen["start"])), **chosen}
    made = with_preset(preset or preset_for(on.kind, source.shots, chosen.get("model")), chosen)
    made.setdefault("model", Options.model)
    made.setdefault("targets", source.default_targets(learnt_by(made["model"])))
    standing = train_run(opened, run, Options(**made, data=settings), on, resume == "auto", shown)
    click.echo(f"{printable(str(run))}: {standing.summary()}")
    click.echo(f"Next: {command('evaluate', run, corpus)}")


@click.command()
@click.argument("corpus")
@click.argument("run", type=RUN)
@recipe_options
@manner_options
@click.option("--out", type=RUN, help="Folder of the weights, compact.safetensors and compact.onnx.  [default: RUN]")
@click.option("--licence", default="MIT", show_default=True, help="Of the weights, written into them.")
@click.option("--write-only", is_flag=True, help="Write the best weights the run has by now, without training.")
def teach(
    corpus: str,
    run: Path,
    device: str | None,
    resume: str,
    out: Path | None,
    licence: str,
    write_only: bool,
    **given: Any,
) -> None:
    """Train the compact teacher of depth on a corpus, and write its weights; the same command again goes on.

    CORPUS has many backgrounds with depth in metres: drawn ones, say, labelled by the teacher layered. What is written
    labels others: bgfg label corpus --teacher compact --weights runs/teacher/compact.safetensors

    Example: bgfg teach corpus runs/teacher
    """
    from bgfg.depth_teacher.labelling.choice import require

    require("onnx", "onnxscript", extra="onnx")
    from bgfg.train.config.options import Options
    from bgfg.train.config.presets import with_preset
    from bgfg.train.engine.launch import train as train_run
    from bgfg.train.engine.progress import shown
    from bgfg.train.export.compact_teacher import write_pair
    from bgfg.train.ops.device import pick
    from bgfg.train.stream.remote import open_corpus

    opened = open_corpus(corpus)
    if not write_only:
        made = Options(**with_preset("teach", _chosen(given)))
        standing = train_run(opened, run, made, pick(device), resume == "auto", shown)
        click.echo(f"{printable(str(run))}: {standing.summary()}")
    written = write_pair(run, opened, out or run, licence)
    click.echo(f"{printable(str(written))}: written, and {written.with_suffix('.onnx').name} beside it")


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as `Options` takes them."""
    chosen = {name: value for name, value in given.items() if value is not None and value != ()}
    if "targets" in chosen:
        chosen["targets"] = tuple(name.strip() for name in chosen["targets"].split(","))
    if "model_option" in chosen:
        chosen["model_options"] = dict(chosen.pop("model_option"))
    if chosen.get("clip") == "none":
        chosen["clip"] = None
    return chosen
