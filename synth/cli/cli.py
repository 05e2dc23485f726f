"""The commands that make a corpus: parse, one call, print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
from bgfg.data_manifests.terminal.cli_types import CORPUS
from bgfg.data_manifests.terminal.errors import Problem, command, printable
from bgfg.data_manifests.terminal.progress import shown

BACKENDS = ("loky", "threading")

F = TypeVar("F", bound=Callable[..., Any])

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class Size(click.ParamType):
    """A picture size, `224` or `320x240` (width × height); gives (height_px, width_px)."""

    name = "px"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        width, by, height = str(value).lower().partition("x")
        height = height if by else width
        if not (width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r}: give pixels such as 224, or width x height such as 320x240", param, ctx)
        return int(height), int(width)


def options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Join options that several commands share into one decorator."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


plan_options = options(
    click.option("--bg", type=FOLDER, required=True, help="Folder of backgrounds."),
    click.option("--fg", type=FOLDER, required=True, help="Folder of cut-outs with transparency."),
    click.option("--bg-depth", type=FOLDER, help="Folder of depth maps under the backgrounds' names."),
    click.option("--depth-scale", default=0.001, show_default=True, help="Metres of one unit of the depth maps."),
    click.option("--size", type=Size(), default="224", show_default=True, help="Size of the samples, N or WxH."),
    click.option(
        "--cutout-height",
        default=110,
        show_default=True,
        help="Height of the cut-outs in pixels; perspective resizes them from there, to 1.5 times at most.",
    ),
    click.option("--placements", default=20, show_default=True, help="Positions of each cut-out on each background."),
    click.option(
        "--placement",
        default="random",
        show_default=True,
        help="Rule of the positions: random, grid, or perspective (feet on the floor, by --bg-depth).",
    ),
    click.option(
        "--fov-deg",
        type=float,
        help="Field of view across the backgrounds' shorter side, for perspective.  [default: estimated for each]",
    ),
    click.option(
        "--cutouts-per-sample",
        metavar="N|N..M",
        default="1",
        show_default=True,
        help="People in a picture: a number, or the range from which it is drawn for each.",
    ),
    click.option(
        "--max-overlap",
        type=int,
        metavar="PERCENT",
        help="How much of one those in front may cover, where there are several.  [default: 50]",
    ),
    click.option("--seed", default=0, show_default=True, help="Seed of placements and splits."),
    click.option("--split", default="80/10/10", show_default=True, help="Train/val/test by identity, in per cent."),
    click.option("--skip-bad", is_flag=True, help="Leave out pictures that can't be used, instead of stopping."),
    click.option("--replace", is_flag=True, help="Remove a corpus of another plan that is there."),
)

crew_options = options(
    click.option("--workers", type=click.IntRange(min=1), help="Processes or threads.  [default: all cores]"),
    click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        default="loky",
        show_default=True,
        help="joblib's engine.",
    ),
)


def crew(workers: int | None, backend: str) -> Any:
    """Return the crew that the options ask for, with progress shown."""
    from bgfg.synth.compose.executor import Crew, default_workers

    return Crew(workers or default_workers(), backend, shown)


def run_plan(corpus: Path, size: tuple[int, int], replace: bool, workers: int | None, **given: Any) -> Any:
    """Plan as the options say, print what was planned, and return it."""
    from bgfg.data_manifests.placement.multi import Crowd
    from bgfg.synth.compose.executor import default_workers
    from bgfg.synth.plan.options import PlanOptions
    from bgfg.synth.plan.plan import plan_corpus

    given["crowd"] = Crowd.parse(given.pop("cutouts_per_sample"), given.pop("max_overlap"))
    given["cutout_height_px"], given["rule"] = given.pop("cutout_height"), given.pop("placement")
    given["depth_scale_m"] = given.pop("depth_scale")
    planned = plan_corpus(
        corpus, PlanOptions(height_px=size[0], width_px=size[1], **given), replace, workers or default_workers(), shown
    )
    for note in planned.notes:
        click.echo(f"Note: {printable(note)}", err=True)
    for file, reason in planned.manifest.left_out:
        click.echo(f"Left out: {printable(f'{file}: {reason}')}", err=True)
    g = planned.manifest.geometry
    there = "already planned: " if planned.unchanged else ""
    click.echo(
        f"{printable(str(corpus))}: {there}{g.backgrounds} backgrounds x {g.cutouts} cut-outs x 2 (flips) "
        f"x {g.placements} placements = {len(g.index):,} samples of {g.width_px}x{g.height_px}"
    )
    if planned.placing:
        click.echo(planned.placing)
    if planned.manifest.crowd:
        from bgfg.data_manifests.corpus.instances import in_words

        click.echo(in_words(planned.manifest))
    for kind in ("background", "cutout"):
        click.echo(_splits(kind, [a for a in planned.assets if a.kind == kind and a.flip_of is None]))
    return planned


def _splits(kind: str, assets: Sequence[Any]) -> str:
    counts = ", ".join(f"{sum(a.split == split for a in assets)} {split}" for split in ("train", "val", "test"))
    repeats = [a.file for a in assets if a.id != a.group]
    near = f"; near-duplicates kept in one split: {printable(', '.join(repeats))}" if repeats else ""
    return f"{kind.replace('cutout', 'cut-out')}s: {counts}{near}"


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--backgrounds", default=100, show_default=True, type=click.IntRange(min=0), help="Scenes to draw.")
@click.option("--cutouts", default=100, show_default=True, type=click.IntRange(min=0), help="People to draw.")
@click.option("--size", default=448, show_default=True, type=click.IntRange(min=16), help="Side of a scene in pixels.")
@click.option("--seed", default=0, show_default=True, help="Seed: the same one draws the same pictures.")
@click.option(
    "--scenes",
    default="indoor",
    show_default=True,
    type=click.Choice(["indoor", "outdoor", "mixed", "home"]),
    help="Office rooms; courts, streets and façades; about half of each, the rooms seen by looser cameras; or corners "
    "of homes from close by.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: all cores]")
def kit(out: Path, backgrounds: int, cutouts: int, size: int, seed: int, scenes: str, workers: int | None) -> None:
    """Draw rooms, homes or places outside with depth, and people, so that bgfg runs without any data.

    Example: bgfg kit data/kit
    """
    from bgfg.synth.kit.build import build_kit

    build_kit(out, backgrounds, cutouts, size, seed, crew(workers, "loky"), scenes)
    drawn = {"outdoor": "places outside", "mixed": "rooms and places outside", "home": "corners of homes"}
    click.echo(f"{out}: {backgrounds} {drawn.get(scenes, 'rooms')} in bg/ with depth/, {cutouts} people in fg/")


@click.command()
@click.argument("corpus", type=CORPUS)
@plan_options
@click.option("--workers", type=click.IntRange(min=1), help="Threads that read pictures.  [default: all cores]")
def plan(corpus: Path, **given: Any) -> None:
    """Scan two folders of pictures, draw the placements, and write what the corpus is to be.

    Example: bgfg plan corpus --bg photos --fg people
    """
    run_plan(corpus, **given)
    click.echo(f"Next: {command('compose', corpus)}")


@click.command()
@click.argument("corpus", type=CORPUS)
@crew_options
def compose(corpus: Path, workers: int | None, backend: str) -> None:
    """Make every unfinished shard of images and masks.

    Example: bgfg compose corpus --workers 8
    """
    from bgfg.synth.compose.shards import compose_corpus

    compose_corpus(corpus, crew(workers, backend))
    click.echo(f"{printable(str(corpus))}: all images and masks are made")


@click.command()
@click.argument("corpus", type=CORPUS)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(corpus: Path, as_json: bool) -> None:
    """Say what is done, what is left, and how many bytes it takes.

    Example: bgfg status corpus
    """
    from bgfg.synth.store.store import Corpus
    from bgfg.synth.verify.status import status as status_of

    arrays = status_of(Corpus(corpus))
    if as_json:
        click.echo(json.dumps([asdict(array) for array in arrays], indent=1))
        return
    click.echo(f"{'array':8} {'samples done':>14} {'left':>12} {'shards done':>12} {'left':>6} {'bytes':>16}")
    for a in arrays:
        click.echo(
            f"{a.array:8} {a.samples_done:14,} {a.samples_left:12,} {a.shards_done:12,} {a.shards_left:6,} "
            f"{a.bytes:16,}"
        )


@click.command()
@click.argument("corpus", type=CORPUS)
@click.argument("sheet", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--samples", default=8, show_default=True, type=click.IntRange(min=1, max=200), help="Rows of the sheet.")
@click.option("--beside", type=CORPUS, help="Another corpus of the same pictures, drawn in the same rows.")
def preview(corpus: Path, sheet: Path, samples: int, beside: Path | None) -> None:
    """Draw background, cut-out, composite, mask and depth of a spread of samples into a PNG.

    Example: bgfg preview corpus sheet.png
    """
    from bgfg.data_manifests.images.pictures import save_png
    from bgfg.synth.preview import contact_sheet, spread
    from bgfg.synth.store.store import Corpus

    if sheet.suffix.lower() != ".png" or (sheet.exists() and not sheet.is_file()):
        raise Problem(f"{sheet}: a sheet is a PNG file: give a name that ends in .png", exit_code=2)
    opened = Corpus(corpus)
    chosen = spread(opened, samples)
    save_png(contact_sheet(opened, chosen, None if beside is None else Corpus(beside)), sheet)
    click.echo(f"{printable(str(sheet))}: {len(chosen)} samples")
