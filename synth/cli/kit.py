"""`bgfg kit`: draws scenes with depth, and people, where there are no pictures."""

from __future__ import annotations

from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import RESULTS_PLACE
from bgfg.data_manifests.terminal.cli_types import WORKERS
from bgfg.data_manifests.terminal.errors import counted, printable
from bgfg.synth.cli.options import make_executor


@click.command()
@click.argument("out", type=RESULTS_PLACE)
@click.option("--backgrounds", default=100, show_default=True, type=click.IntRange(min=0), help="Scenes to draw.")
@click.option("--cutouts", default=100, show_default=True, type=click.IntRange(min=0), help="People to draw.")
@click.option("--size", default=448, show_default=True, type=click.IntRange(min=16), help="Side of a scene in pixels.")
@click.option("--seed", default=0, show_default=True, help="Seed: the same one draws the same pictures.")
@click.option(
    "--scenes",
    default="indoor",
    show_default=True,
    type=click.Choice(["indoor", "outdoor", "mixed", "home"]),
    help="What scenes show: office rooms (indoor); courts, streets and façades (outdoor); about half of each, the "
    "rooms seen by looser cameras (mixed); or corners of homes from close by (home).",
)
@click.option("--workers", type=WORKERS, help="Processes that draw.  [default: one a core]")
def kit(out: Path, backgrounds: int, cutouts: int, size: int, seed: int, scenes: str, workers: int | None) -> None:
    """Draw rooms, homes or places outside with depth, and people, so that bgfg runs without any data.

    OUT gets the folders bg, depth and fg, for --bg, --bg-depth and --fg of bgfg dataset.

    Example: bgfg kit data/kit
    """
    from bgfg.synth.kit.build import build_kit

    build_kit(out, backgrounds, cutouts, size, seed, make_executor(workers, "loky"), scenes)
    drawn = f"{counted(backgrounds, 'scene')} ({scenes}) in bg/ with depth/, {counted(cutouts, 'cut-out')} in fg/"
    click.echo(f"{printable(str(out))}: {drawn}")
