"""The command `check-data`: parse, one call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bgfg.train.cli.folder_options import folder_options

# Findings of one check that are printed; of the rest there is only the number.
_LINES_PER_CHECK = 20


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
    from bgfg.data_manifests.terminal.findings import findings_as_dict, findings_as_lines, has_errors
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.folders.check import check_folder

    found = check_folder(folder, {name: value for name, value in settings.items() if value is not None}, show_progress)
    if as_json:
        click.echo(json.dumps({**found.content(), **findings_as_dict(found.findings)}, indent=1))
    else:
        for line in (*found.lines(), *findings_as_lines(found.findings, _LINES_PER_CHECK)):
            click.echo(line)
    if has_errors(found.findings):
        raise SystemExit(1)
