"""`bgfg import`: a corpus of composites that are there already, with what is known of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import CORPUS_PLACE, PICTURES_PLACE
from bgfg.data_manifests.terminal.cli_types import DepthUnit, ImageSize, PrintableText
from bgfg.data_manifests.terminal.errors import bgfg_command, lines_by_reason, printable
from bgfg.synth.cli.options import cluster_options, make_executor


@click.command("import")
@click.argument("folder", type=PICTURES_PLACE)
@click.argument("corpus", type=CORPUS_PLACE)
@click.option(
    "--size",
    type=ImageSize(),
    help="Size of the samples in pixels, N or WxH: others are cropped about their centre and resized.  [default: the "
    "one that all have]",
)
@click.option(
    "--depth-scale",
    type=DepthUnit(),
    help="Metres of one unit of the depth maps, such as 1/5000.  [default: 0.001 for 16 bits; no unit for 8]",
)
@click.option(
    "--inverse-depth/--no-inverse-depth",
    default=None,
    help="Larger values of depth maps are nearer, or farther.  [default: what the people and floors on them say]",
)
@click.option(
    "--split",
    metavar="TRAIN/VAL/TEST",
    default="80/10/10",
    show_default=True,
    help="Shares of what is seen in per cent, where folders such as train and val don't say it.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the splits.")
@click.option(
    "--coco",
    multiple=True,
    type=PrintableText(),
    metavar="FILE",
    help="File of annotations in COCO's form, within FOLDER; may be given several times.  [default: those whose names "
    "tell it, such as annotations/instances_train.json]",
)
@click.option(
    "--skip-bad", is_flag=True, help="Leave out samples whose pictures can't be used, for which all are decoded first."
)
@click.option("--replace", "replace_other", is_flag=True, help="Remove the corpus of another import that is in CORPUS.")
@cluster_options
def import_(
    folder: Path,
    corpus: Path,
    size: tuple[int, int] | None,
    depth_scale: float | None,
    replace_other: bool,
    workers: int | None,
    backend: str,
    address: str | None,
    **given: Any,
) -> None:
    """Make a corpus of composites that are there already, with their masks, depth maps, backgrounds and cut-outs.

    FOLDER has them in any layout and naming that bgfg audit recognises, and may be a URL: folders of pictures and their
    masks, packs of them in zip or tar files, pictures with COCO files, and exports of bgfg --as folder, zips,
    webdataset or coco. CORPUS is the folder of the corpus, or its URL. An interrupted import goes on by the same
    command.

    Example: bgfg import pictures corpus
    """
    from bgfg.synth.importing.import_corpus import import_corpus
    from bgfg.synth.importing.options import ImportOptions

    options = ImportOptions(size, depth_scale, **given)
    executor = make_executor(workers, backend, address)
    corpus = executor.path_for_workers(corpus)
    done = import_corpus(folder, corpus, options, executor, replace_other)
    for note in done.notes:
        click.echo(f"Note: {printable(note)}", err=True)
    for line in lines_by_reason(done.manifest.left_out):
        click.echo(f"Left out: {printable(line)}", err=True)
    there = "already imported: " if done.unchanged else ""
    click.echo(f"{printable(str(corpus))}: {there}{done.manifest.geometry.describe()}")
    click.echo(f"Next: {bgfg_command('preview', corpus, 'OUT.png')}, then {bgfg_command('train', corpus, 'RUN')}")
