"""`bgfg dataset`: plan, compose, label and audit in a row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted, printable
from bgfg.depth_teacher.cli.options import (
    TEACHER_PARAMETERS,
    depth_option,
    echo_note,
    given_teacher_options,
    make_teacher_options,
    teacher_options,
)
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import PICTURE_TEACHERS, TEACHERS, TeacherOptions
from bgfg.synth.cli.options import cluster_options, make_executor, print_audit
from bgfg.synth.cli.plan_options import plan_and_print, plan_options, require_folders

_NO_TEACHER = "none"


@click.command()
@click.argument("corpus", type=CORPUS_PLACE)
@plan_options
@click.option(
    "--teacher",
    type=click.Choice([*TEACHERS, _NO_TEACHER]),
    default="auto",
    show_default=True,
    help="What makes the depth, as bgfg label tells; auto is layered where the backgrounds have depth, else compact.",
)
@teacher_options
@depth_option
@cluster_options
def dataset(
    corpus: Path, workers: int | None, backend: str, address: str | None, teacher: str, depth: str, **given: Any
) -> None:
    """Make a whole corpus from two folders of pictures: plan, compose, label and audit in a row.

    What is there already is kept: an interrupted run goes on where it was. A cluster composes and labels; this machine
    plans and audits.

    Example: bgfg dataset corpus --bg photos --fg people --bg-depth depth
    """
    from bgfg.depth_teacher.labelling.by_network import on_processor
    from bgfg.depth_teacher.labelling.label import label_corpus
    from bgfg.synth.compose.shards import compose_corpus
    from bgfg.synth.store.outputs import CORPUS, require_place
    from bgfg.synth.verify.audit import audit_path

    executor = make_executor(workers, backend, address)
    corpus = executor.path_for_workers(corpus)
    require_folders(given)
    of_teacher = {name: given.pop(name) for name in TEACHER_PARAMETERS}
    # Made first, so that a wrong option is told before the work, not after it.
    without = teacher == _NO_TEACHER
    chosen = make_teacher_options("auto" if without else teacher, depth=depth, **of_teacher)
    require_place(corpus, "CORPUS", CORPUS)
    if not without:
        # What device a cluster has is for it to say.
        there = on_processor(chosen) if executor.is_cluster else chosen
        _require_teacher(there, given["bg_depth"] is not None)
    elif idle := given_teacher_options(
        {**of_teacher, "device": None, "batch": None}
    ):  # where it would run is no matter
        raise Problem(f"{idle[0]}: --teacher none makes no depth: leave it out", exit_code=2)
    planned = plan_and_print(corpus, workers=workers, **given)
    for note in compose_corpus(corpus, executor):
        echo_note(note)
    if not without:
        for note in label_corpus(corpus, chosen, executor, say=echo_note):
            echo_note(note)
    images = counted(len(planned.manifest.geometry.index), "image")
    made = f"{images}{' with masks' if without else ' with masks and depth maps'}"
    click.echo(f"{printable(str(corpus))}: {made}; look at some: {bgfg_command('preview', corpus, 'sheet.png')}")
    print_audit(audit_path(corpus, executor))


def _require_teacher(chosen: TeacherOptions, with_depth: bool) -> None:
    """Raise Problem where labelling would, once all is composed: a network is opened for that, and let go again."""
    if chosen.name == "auto":
        chosen = chosen.as_layered("the backgrounds have depth") if with_depth else replace(chosen, name="compact")
    if chosen.name in PICTURE_TEACHERS:
        load_teacher(chosen, True, lambda _line: None)
