"""Options of a plan, its recipe among them, and planning as they say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.places.place_type import PICTURES_PLACE, RECIPE_PLACE
from bgfg.data_manifests.terminal.cli_types import (
    DepthUnit,
    ImageSize,
    PrintableText,
    combine_options,
)
from bgfg.data_manifests.terminal.errors import printable
from bgfg.data_manifests.terminal.progress import show_progress
from bgfg.synth.cli.options import print_fixes, print_remarks, print_splits

# Under which name the context of a command holds the recipe that it was given.
GIVEN_RECIPE = "bgfg.recipe"

# The parameters of the options that say what varies.
_VARIETY = ("scale", "rotate", "truncate", "distractors", "blur", "colour_match", "shadow", "blend")


def _take_recipe(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
    """Make what a recipe says the default of the options that it names; a callback of click's."""
    if path is None:
        return
    defaults = values_of_recipe(path, context, parameter)
    context.meta[GIVEN_RECIPE] = path
    context.default_map = {**(context.default_map or {}), **defaults}


def values_of_recipe(path: Path, context: click.Context, parameter: click.Parameter | None = None) -> dict[str, Any]:
    """Return what a recipe says, by the names of the parameters of a command that has `plan_options`.

    Args:
        path: The recipe.
        context: That of the command.
        parameter: The one that gave the recipe, for messages.

    Raises:
        BadParameter: An option doesn't take its value.
        Problem: The recipe can't be read, or has what no recipe has.
    """
    from bgfg.synth.plan.recipe_file import read_recipe

    by_name = {each.name: each for each in context.command.params}
    values: dict[str, Any] = {}
    for key, value in read_recipe(path).items():
        option = by_name[key.replace("-", "_")]
        is_flag = isinstance(option, click.Option) and option.is_flag
        if is_flag != isinstance(value, bool):
            kind = "true or false" if is_flag else "what the option takes"
            raise click.BadParameter(f"{path}: {key} is {value!r}: give {kind}", context, parameter)
        try:
            values[str(option.name)] = value if is_flag else option.type.convert(str(value), option, context)
        except click.BadParameter as error:
            raise click.BadParameter(f"{path}: {key} is {value!r}: {error.message}", context, parameter) from error
    return values


plan_options = combine_options(
    click.option(
        "--recipe",
        type=RECIPE_PLACE,
        is_eager=True,
        expose_value=False,
        callback=_take_recipe,
        help="TOML with options of a plan, such as manifest/recipe.toml of a corpus; options given here win.",
    ),
    click.option("--bg", type=PICTURES_PLACE, help="Folder of backgrounds, or a URL.  [required]"),
    click.option("--fg", type=PICTURES_PLACE, help="Folder of cut-outs with transparency, or a URL.  [required]"),
    click.option(
        "--bg-depth",
        type=PICTURES_PLACE,
        help="Folder of depth maps under the backgrounds' names: PNGs of 16 bits, say.",
    ),
    click.option(
        "--depth-scale",
        type=DepthUnit(),
        default="0.001",
        show_default=True,
        help="Metres of one unit of --bg-depth, such as 1/5000.",
    ),
    click.option(
        "--size", type=ImageSize(), default="224", show_default=True, help="Size of the samples in pixels, N or WxH."
    ),
    click.option(
        "--cutout-height",
        default=110,
        show_default=True,
        help="Height of the cut-outs in pixels, less where one is too wide; --placement perspective resizes them from "
        "there, to 1.5 times at most.",
    ),
    click.option("--placements", default=20, show_default=True, help="Positions of each cut-out on each background."),
    click.option(
        "--placement",
        default="random",
        show_default=True,
        metavar="[random|grid|perspective]",
        help="Rule of the positions; perspective puts feet on the floor that --bg-depth shows.",
    ),
    click.option(
        "--fov-deg",
        type=float,
        metavar="DEGREES",
        help="Field of view across the frame's shorter side, of all backgrounds.  [default: what their EXIF data say; "
        "--placement perspective estimates it for each]",
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
        help="Share of a person that those in front may cover, where samples have several.  [default: 50]",
    ),
    click.option(
        "--scale",
        default="1",
        show_default=True,
        metavar="S|LO..HI",
        help="Factor of the cut-outs' size, drawn for each: 0.5..1.5, say.",
    ),
    click.option(
        "--rotate", type=float, default=0, show_default=True, metavar="DEGREES", help="Turn cut-outs, either way."
    ),
    click.option(
        "--truncate",
        type=int,
        default=0,
        show_default=True,
        metavar="PERCENT",
        help="Share of a cut-out that may lie outside the frame.",
    ),
    click.option(
        "--distractors",
        default="0",
        show_default=True,
        metavar="N|N..M",
        help="Further cut-outs behind the others that are in no mask.",
    ),
    click.option(
        "--blur", type=float, default=0, show_default=True, metavar="PX", help="Defocus of cut-outs: largest sigma."
    ),
    click.option(
        "--colour-match",
        is_flag=False,
        flag_value="0.2..0.6",
        default="0",
        show_default=True,
        metavar="[S|LO..HI]",
        help="How far colours of cut-outs go to those around them; 0.2..0.6 where nothing is given.",
    ),
    click.option(
        "--shadow",
        is_flag=False,
        flag_value="0.3..0.7",
        default="0",
        show_default=True,
        metavar="[S|LO..HI]",
        help="Darkness of shadows on the ground; 0.3..0.7 where nothing is given.",
    ),
    click.option(
        "--blend",
        default="alpha",
        show_default=True,
        metavar="[alpha,gaussian,poisson|all]",
        help="Blending, drawn for each sample; all shows each place under each.",
    ),
    click.option(
        "--seed", default=0, show_default=True, help="Seed of placements and splits: another one draws others."
    ),
    click.option(
        "--split",
        metavar="TRAIN/VAL/TEST",
        default="80/10/10",
        show_default=True,
        help="Shares of backgrounds and of cut-outs in per cent; the three have no picture in common.",
    ),
    click.option("--skip-bad", is_flag=True, help="Leave out pictures that can't be used, instead of stopping."),
    click.option(
        "--fix-cutouts",
        is_flag=True,
        help="Undo defects of cut-outs: colours premultiplied by alpha, haze, transparent margins.",
    ),
    click.option(
        "--label",
        type=PrintableText(),
        metavar="NAME",
        help="Class of the cut-outs that lie in no sub-folder of --fg; sub-folders are classes by their names.  "
        "[default: foreground]",
    ),
    click.option(
        "--subfolders",
        metavar="[classes|merge|ignore]",
        help="What the sub-folders of --fg are, where that isn't plain: classes, more of the one class that --label "
        "names, or nothing that counts.",
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Remove the corpus of another plan that is in CORPUS, with all that was made of it.",
    ),
)


def plan_and_print(corpus: Path, size: tuple[int, int], replace: bool, workers: int | None, **given: Any) -> Any:
    """Plan as the options say, and print what was planned.

    Args:
        corpus: The folder of the corpus.
        size: Height and width of the samples in px.
        replace: Whether a corpus of another plan is removed.
        workers: Threads that read pictures, and processes that draw what varies; None for all cores.
        **given: The other options of `plan_options`.

    Returns:
        The `PlanResult`.
    """
    from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
    from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
    from bgfg.data_manifests.placement.variety import Variety
    from bgfg.synth.plan.options import PlanOptions
    from bgfg.synth.plan.plan import plan_corpus

    require_folders(given)
    given["crowd"] = CutoutsPerSample.parse(given.pop("cutouts_per_sample"), given.pop("max_overlap"))
    given["variety"] = Variety.parse(**{name: given.pop(name) for name in _VARIETY}, rule=given["placement"])
    given["cutout_height_px"], given["rule"] = given.pop("cutout_height"), given.pop("placement")
    given["depth_scale_m"] = given.pop("depth_scale")
    planned = plan_corpus(
        corpus,
        PlanOptions(height_px=size[0], width_px=size[1], **given),
        replace,
        workers or usable_cpu_count(),
        show_progress,
    )
    print_remarks(planned.notes, planned.warnings, planned.manifest.left_out)
    print_fixes(planned.manifest.cutout_fixes or {})
    there = "already planned: " if planned.unchanged else ""
    parts = planned.manifest.plan_parts
    in_parts = f", in {parts} parts" if parts > 1 else ""
    click.echo(f"{printable(str(corpus))}: {there}{planned.manifest.geometry.describe()}{in_parts}")
    if planned.placement_note:
        click.echo(planned.placement_note)
    if planned.manifest.crowd:
        from bgfg.data_manifests.corpus.instances import describe_instances

        click.echo(describe_instances(planned.manifest))
    print_splits(planned.assets)
    if planned.manifest.classes:
        from bgfg.data_manifests.assets.classes import count_classes
        from bgfg.data_manifests.assets.prepared_assets import original_cutouts

        click.echo(printable(f"classes: {count_classes(original_cutouts(planned.assets))}"))
    return planned


def given_values(given: Mapping[str, Any]) -> dict[str, str]:
    """Return options of a plan as `option_values` tells those of a corpus; given: those of `plan_options`.

    Raises:
        Problem: A value is out of range, or isn't of the form that its option takes.
    """
    from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
    from bgfg.data_manifests.placement.variety import Variety

    (height_px, width_px), fov_deg, overlap = given["size"], given["fov_deg"], given["max_overlap"]
    crowd = CutoutsPerSample.parse(given["cutouts_per_sample"], None)
    variety = Variety.parse(**{name: given[name] for name in _VARIETY}, rule=given["placement"]) or Variety()
    return {
        "--size": f"{width_px}x{height_px}",
        "--cutout-height": str(given["cutout_height"]),
        "--placements": str(given["placements"]),
        "--placement": given["placement"],
        "--fov-deg": "not given" if fov_deg is None else f"{fov_deg:g}",
        "--cutouts-per-sample": "1" if crowd is None else str(crowd),
        "--max-overlap": "not given" if overlap is None else str(overlap),
        "--seed": str(given["seed"]),
        **variety.option_values(),
    }


def require_folders(given: Mapping[str, Any]) -> None:
    """Raise MissingParameter where a folder of pictures isn't given; given: the options of `plan_options`."""
    for name in ("bg", "fg"):
        if given[name] is None:
            raise click.MissingParameter(ctx=click.get_current_context(), param_hint=f"'--{name}'", param_type="option")
