"""The command `check-data`, and the options by which folders of images and masks are split and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from bgfg.synth.cli.cli import options

_LINES_PER_CHECK = 20

# Names of `bgfg.train.folders.folder.SETTINGS`; listed here, since importing them would import torch.
FOLDER_SETTINGS = ("split", "val", "test", "split_seed", "outline", "masks")

folder_options = options(
    click.option("--split", metavar="TRAIN/VAL/TEST",
                 help="Of a folder without a split, in per cent.  [default: 80/10/10]"),
    click.option("--val", type=int, metavar="N", help="Pairs of a folder to validate on, and"),
    click.option("--test", type=int, metavar="N", help="to test on, in the place of shares."),
    click.option("--split-seed", type=int, help="Another one splits a folder otherwise."),
    click.option("--outline", type=click.Choice(["pet", "background", "ignore"]),
                 help="What the outline of Pets counts as in a mask.  [default: pet]"),
    click.option("--masks", type=click.Choice(["auto", "binary", "soft", "classes"]),
                 help="How values of masks are read."),
)  # fmt: skip


@click.command("check-data")
@click.argument("folder", type=click.Path(path_type=Path))
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def check_data(folder: Path, as_json: bool, **settings: Any) -> None:
    """Say how a folder of images and masks will be read, before any training; every file is read.

    Layout, pairs, what has no partner, sizes that disagree, the values of the masks and their meaning, class shares,
    broken files. Exit code 1 where there are errors. Nothing is downloaded: Oxford-IIIT Pets (images.tar.gz,
    annotations.tar.gz) is at www.robots.ox.ac.uk/~vgg/data/pets, AISegment Matting Human on Kaggle and GitHub.

    Example: bgfg check-data photos
    """
    from bgfg.data_manifests.terminal.findings import as_lines, as_records, has_errors
    from bgfg.data_manifests.terminal.progress import shown
    from bgfg.train.folders.check import check

    found = check(folder, {name: value for name, value in settings.items() if value is not None}, shown)
    if as_json:
        click.echo(json.dumps({**found.content(), **as_records(found.findings)}, indent=1))
    else:
        for line in (*found.lines(), *as_lines(found.findings, _LINES_PER_CHECK)):
            click.echo(line)
    if has_errors(found.findings):
        raise SystemExit(1)
