"""`bgfg teach`: trains the compact teacher of depth, and writes its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.terminal.errors import printable
from bgfg.train.cli.training_options import RUN_PATH, given_options, recipe_options, runtime_options
from bgfg.train.config.presets import with_preset


@click.command()
@click.argument("corpus")
@click.argument("run", type=RUN_PATH)
@recipe_options
@runtime_options
@click.option(
    "--out", type=RUN_PATH, help="Folder of the weights, compact.safetensors and compact.onnx.  [default: RUN]"
)
@click.option("--licence", default="MIT", show_default=True, help="Licence of the weights, written into them.")
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
    from bgfg.depth_teacher.labelling.load_teacher import require_packages

    require_packages("onnx", "onnxscript", extra="onnx")
    from bgfg.train.config.options import TrainOptions
    from bgfg.train.engine.launch import train as train_run
    from bgfg.train.engine.progress import show_train_progress
    from bgfg.train.export.compact_teacher import export_compact_teacher
    from bgfg.train.ops.device import pick
    from bgfg.train.stream.remote import open_corpus

    opened = open_corpus(corpus)
    if not write_only:
        made = TrainOptions(**with_preset("teach", given_options(given)))
        state = train_run(opened, run, made, pick(device), resume == "auto", show_train_progress)
        click.echo(f"{printable(str(run))}: {state.summary()}")
    written = export_compact_teacher(run, opened, out or run, licence)
    click.echo(f"{printable(str(written))}: written, and {written.with_suffix('.onnx').name} beside it")
