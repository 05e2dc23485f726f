"""`bgfg label`: depth of every sample of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.errors import bgfg_command, printable
from bgfg.depth_teacher.cli.options import depth_option, echo_note, make_teacher_options, teacher_options
from bgfg.depth_teacher.labelling.teacher_options import TEACHERS
from bgfg.synth.cli.options import cluster_options, make_executor, slice_option
from bgfg.synth.store.shard_slice import ShardSlice


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@click.option("--teacher", type=click.Choice(TEACHERS), default="auto", show_default=True, help="What makes the depth.")
@teacher_options
@depth_option
@click.option("--replace", is_flag=True, help="Remove the depth that another teacher made.")
@slice_option("the others may be labelled at the same time. `bgfg label` without this comes last.")
@cluster_options
def label(
    corpus: Path,
    replace: bool,
    which: ShardSlice | None,
    workers: int | None,
    backend: str,
    address: str | None,
    **given: Any,
) -> None:
    """Make the depth maps of a composed corpus.

    The teacher `layered` takes the depth of the backgrounds (planned with --bg-depth), and stands each cut-out on it;
    `in_front` puts it where its size says, before all that it hides, for people at random places, who float.
    `compact`, whose weights come with bgfg, `densedepth`, `hub` and `onnx`, any network in an ONNX file, look at the
    composites: on a GPU where there is one, else each worker has a core. `auto` is `layered` where the backgrounds
    have depth, else `compact`.

    Example: bgfg label corpus --teacher densedepth --weights nyu.h5
    """
    from bgfg.depth_teacher.labelling.label import label_corpus

    teacher, executor = make_teacher_options(**given), make_executor(workers, backend, address)
    corpus = executor.path_for_workers(corpus)
    for note in label_corpus(corpus, teacher, executor, replace, echo_note, which):
        echo_note(note)
    if which is not None:
        next_step = f"once all are: {bgfg_command('label', corpus)}"
        click.echo(f"{printable(str(corpus))}: slice {which} of its depth maps is made; {next_step}")
        return
    click.echo(f"{printable(str(corpus))}: all depth maps are made")
