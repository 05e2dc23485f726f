"""The commands that label, or whose last part is labels: parse, one call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data_manifests.problem import Problem, command, printable
from synth.cli import CORPUS, crew, crew_options, plan_options, run_plan


@click.command()
@click.argument("corpus", type=CORPUS)
@plan_options
@crew_options
def dataset(corpus: Path, workers: int | None, backend: str, **given: Any) -> None:
    """Make a whole corpus from two folders of pictures: plan, compose, label and audit in a row.

    What is there already is kept: an interrupted run goes on where it was.

    Example: bgfg dataset corpus --bg photos --fg people --bg-depth depth
    """
    from depth_teacher.label import label_corpus
    from synth.audit import audit
    from synth.audit_cli import print_report
    from synth.images import compose_corpus

    planned = run_plan(corpus, workers=workers, **given)
    compose_corpus(corpus, crew(workers, backend))
    has_depth = "background_depth" in planned.manifest.prepared
    if has_depth:
        label_corpus(corpus, "layered", crew(workers, backend))
    made = f"{len(planned.manifest.geometry.index):,} images{', masks and depth maps' if has_depth else ' and masks'}"
    click.echo(f"{printable(str(corpus))}: {made}; look at some: {command('preview', corpus, 'sheet.png')}")
    if not has_depth:
        click.echo(
            "No depth: the backgrounds came without. With depth maps of them (16-bit PNG, millimetres) in DIR, plan "
            f"again with --bg-depth DIR --replace, then: {command('label', corpus, '--teacher', 'layered')}"
        )
    print_report(audit(corpus, crew(workers, backend)))


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--teacher", type=click.Choice(["layered"]), default="layered", show_default=True, help="What labels.")
@crew_options
def label(corpus: Path, teacher: str, workers: int | None, backend: str) -> None:
    """Make every unfinished shard of depth.

    The teacher `layered` takes the depth of the backgrounds (planned with --bg-depth), and stands each cut-out on it.

    Example: bgfg label corpus --teacher layered
    """
    from depth_teacher.label import label_corpus

    label_corpus(corpus, teacher, crew(workers, backend))
    click.echo(f"{printable(str(corpus))}: all depth maps are made")


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--recompose", is_flag=True, help="Make everything again and compare, byte by byte.")
@crew_options
def verify(corpus: Path, recompose: bool, workers: int | None, backend: str) -> None:
    """Hold every stored byte to checksums, marks and manifest; exit code 1 where something is wrong.

    Example: bgfg verify corpus --recompose
    """
    from depth_teacher.label import label_again
    from synth.verify import verify_corpus

    verdict = verify_corpus(corpus, crew(workers, backend), recompose, label_again)
    if verdict.found:
        raise Problem(*verdict.found)
    left = ", ".join(f"{count} shards of {array}" for array, count in verdict.unfinished.items() if count)
    said = f"what is there is as it should be; not made yet: {left}" if left else "all is as it should be"
    click.echo(f"{printable(str(corpus))}: {said}")
