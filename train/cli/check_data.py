"""`bgfg check-data`: how a folder of images and masks will be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import PICTURES_READ, RUN_PLACE
from bgfg.train.cli.folder_options import folder_options

# Findings of one check that are printed; of the rest there is only the number.
_LINES_PER_CHECK = 20


@click.command("check-data")
@click.argument("folder", type=PICTURES_READ)
@folder_options
@click.option(
    "--keep",
    "run",
    type=RUN_PLACE,
    metavar="RUN",
    help="Keep what was read in the folder of a run to come: `bgfg train FOLDER RUN` reads nothing twice.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def check_data(folder: Path, run: Path | None, as_json: bool, **settings: Any) -> None:
    """Say how a folder of images and masks will be read, before any training; every file is read.

    Layout, pairs, what has no partner, sizes that disagree, the values of the masks and their meaning, class shares,
    broken files. Exit code 1 where there are errors. Nothing is downloaded: Oxford-IIIT Pets (images.tar.gz,
    annotations.tar.gz) is at www.robots.ox.ac.uk/~vgg/data/pets, AISegment Matting Human on Kaggle and GitHub.

    Example: bgfg check-data photos
    """
    from bgfg.data_manifests.terminal.findings import findings_as_dict, findings_as_lines, has_errors
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.synth.store.outputs import RUN, require_apart, require_folder, require_no_strangers
    from bgfg.train.folders.check import check_folder
    from bgfg.train.folders.kept_scans import SCANS_FILE

    if run is not None:
        require_apart(run, "--keep", ("FOLDER", folder))
        require_folder(run, "--keep", RUN)
        require_no_strangers(run, RUN, [SCANS_FILE])
    given = {name: value for name, value in settings.items() if value is not None}
    found = check_folder(folder, given, show_progress, run)
    if as_json:
        click.echo(json.dumps({**found.content(), **findings_as_dict(found.findings)}, indent=1))
    else:
        for line in (*found.lines(), *findings_as_lines(found.folded_findings(), _LINES_PER_CHECK)):
            click.echo(line)
    if has_errors(found.findings):
        raise SystemExit(1)
