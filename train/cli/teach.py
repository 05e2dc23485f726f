"""`bgfg teach`: trains the compact teacher of depth, and writes its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import RESULTS_PLACE, RUN_PLACE
from bgfg.data_manifests.terminal.cli_types import CORPUS_OR_URL, PrintableText
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.train.cli.cache_options import cache_options, chunk_cache
from bgfg.train.cli.training_options import given_options, recipe_options, require_effect, runtime_options
from bgfg.train.config.presets import with_preset
from bgfg.train.ops.heartbeat import is_first_rank, ranks_watched


class CorpusCount(click.ParamType):
    """A corpus and a number of samples, CORPUS=COUNT; gives the pair."""

    name = "corpus=count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        corpus, _, count = str(value).rpartition("=")
        if not corpus or not count.isdecimal():
            self.fail(f"{value!r}: give a corpus and a number of samples, such as real=3", param, ctx)
        return corpus, int(count)


@click.command()
@click.argument("corpus", type=CORPUS_OR_URL)
@click.argument("run", type=RUN_PLACE)
@recipe_options
@click.option(
    "--also",
    multiple=True,
    type=CorpusCount(),
    help="Another corpus and how many of its samples join each batch, such as real=3: their depth counts but for a "
    "scale and a shift of its inverse, so that it may be of any camera, or relative; may be given several times.",
)
@runtime_options
@cache_options
@click.option(
    "--out", type=RESULTS_PLACE, help="Folder of the weights, compact.safetensors and compact.onnx.  [default: RUN]"
)
@click.option(
    "--licence",
    type=PrintableText(),
    help="Licence of the weights, written into them, in the place of all else that they would say.  [default: MIT, and "
    "the licences of what start= named]",
)
@click.option(
    "--onnx-bits",
    type=click.Choice(["16", "8"]),
    default="16",
    show_default=True,
    help="What the ONNX file is stored in; one of 8 computes in 8 too, by the ranges of training pictures, faster, and "
    "what that loses is told.",
)
@click.option("--write-only", is_flag=True, help="Write the best weights the run has by now, without training.")
@ranks_watched()
def teach(
    corpus: str,
    run: Path,
    device: str | None,
    resume: str,
    also: tuple[tuple[str, int], ...],
    cache: Path | None,
    cache_gb: float | None,
    out: Path | None,
    licence: str | None,
    onnx_bits: str,
    write_only: bool,
    **given: Any,
) -> None:
    """Train the compact teacher of depth on a corpus, and write its weights; the same command again goes on.

    CORPUS has many backgrounds with depth in metres: drawn ones, say, labelled by the teacher layered. What is written
    labels others: bgfg label corpus --teacher compact --weights runs/teacher/compact.safetensors

    Example: bgfg teach corpus runs/teacher
    """
    from bgfg.depth_teacher.labelling.load_teacher import require_packages

    require_packages("onnx", extra="onnx")
    from bgfg.synth.open_corpus import open_corpus
    from bgfg.train.config.options import TrainOptions, flag_of
    from bgfg.train.engine.launch import train as train_run
    from bgfg.train.engine.progress import show_train_progress
    from bgfg.train.engine.run_dir import RunDir
    from bgfg.train.export.compact_teacher import export_compact_teacher, require_pair
    from bgfg.train.ops.device import AUTO, pick, require_precision

    chosen = given_options(given)
    if write_only and (idle := next(iter({**chosen, **({"device": device} if device else {})}), None)):
        raise Problem(f"{flag_of(idle)}: with --write-only nothing is trained: leave it out", exit_code=2)
    on = pick(device)
    if chosen.get("precision", AUTO) != AUTO:
        require_precision(on, chosen["precision"])
    RunDir(run).require_own(("CORPUS", corpus), *(("--also", location) for location, _ in also))
    require_pair(out or run)
    kept = chunk_cache(cache, cache_gb)
    opened, others = open_corpus(corpus, kept), [open_corpus(location, kept) for location, _ in also]
    if not write_only:
        counts = tuple(count for _, count in also)
        made = TrainOptions(**with_preset("teach", chosen), also=counts)
        require_effect(chosen, made)
        state = train_run(opened, run, made, on, resume == "auto", show_train_progress, others, given=chosen)
        if not is_first_rank():
            return
        click.echo(f"{printable(str(run))}: {state.summary()}")
    written = export_compact_teacher(run, opened, out or run, licence, others, int(onnx_bits))
    click.echo(f"{printable(str(written))}: written, and {written.with_suffix('.onnx').name} beside it")
