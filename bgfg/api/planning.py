"""What a corpus is to be, as functions: plan, extend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace as with_fields
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import click

from bgfg.api.running import warn_of
from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.file_place import file_place
from bgfg.data_manifests.places.pictures_place import pictures_folder
from bgfg.data_manifests.terminal.arguments import Workers, checked_arguments
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress, show_progress
from bgfg.synth.cli.plan_options import plan_options, values_of_recipe
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.plan.extend import extend_corpus
from bgfg.synth.plan.options import ExtendOptions, PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.plan.unlisted_parts import undo_extension
from bgfg.synth.store.corpus import Corpus

P = ParamSpec("P")
R = TypeVar("R")
Options = TypeVar("Options", PlanOptions, ExtendOptions)

# What options of the command are called in Python, where that isn't the same.
_NAMES = {
    "size": "size_px", "cutout_height": "cutout_height_px", "depth_scale": "depth_scale_m", "rotate": "rotate_deg",
    "truncate": "truncate_percent", "blur": "blur_px", "max_overlap": "max_overlap_percent",
}  # fmt: skip


def _filled_by_recipe(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function what the file in its argument `recipe` says, as far as it wasn't given that itself."""

    @wraps(function)
    def filled(*args: P.args, **given: P.kwargs) -> R:
        if given.get("recipe") is None:
            return function(*args, **given)
        command = click.command()(plan_options(lambda **_: None))
        try:
            with file_place(str(given["recipe"])) as recipe:
                values = values_of_recipe(recipe, click.Context(command))
        except click.BadParameter as error:
            raise Problem(error.message, exit_code=2) from error
        named = {_NAMES.get(name, name): value for name, value in values.items()}
        given.update({name: value for name, value in named.items() if name not in given})
        return function(*args, **given)

    return filled


@_filled_by_recipe
@checked_arguments
def plan(
    corpus: StrPath,
    bg: StrPath,
    fg: StrPath,
    bg_depth: StrPath | None = None,
    *,
    depth_scale_m: float = 0.001,
    size_px: int | tuple[int, int] = 224,
    cutout_height_px: int = 110,
    placements: int = 20,
    placement: Literal["random", "grid", "perspective"] = "random",
    fov_deg: float | None = None,
    cutouts_per_sample: int | tuple[int, int] | str = 1,
    max_overlap_percent: int | None = None,
    seed: int = 0,
    split: str = "80/10/10",
    skip_bad: bool = False,
    fix_cutouts: bool = False,
    label: str | None = None,
    subfolders: Literal["classes", "merge", "ignore"] | None = None,
    scale: float | tuple[float, float] | str = 1,
    rotate_deg: float = 0,
    truncate_percent: int = 0,
    distractors: int | tuple[int, int] | str = 0,
    blur_px: float = 0,
    colour_match: float | tuple[float, float] | str = 0,
    shadow: float | tuple[float, float] | str = 0,
    blend: str = "alpha",
    recipe: StrPath | None = None,
    replace: bool = False,
    workers: Workers | None = None,
    progress: bool = False,
) -> Corpus:
    """Scan two folders of pictures, draw the placements, and write what the corpus is to be.

    Args:
        corpus: Folder of the corpus, made where it isn't there, or a URL.
        bg: Folder of backgrounds, or a URL, as of `fg` and `bg_depth`.
        fg: Folder of cut-outs with transparency.
        bg_depth: Folder of depth maps under the backgrounds' names.
        depth_scale_m: Metres of one unit of the depth maps.
        size_px: Size of the samples: a side, or (height, width).
        cutout_height_px: Height of the cut-outs, less where one is too wide for the frame; usual is half of its height.
        placements: Positions of each cut-out on each background.
        placement: Rule of the positions; "perspective" needs `bg_depth`.
        fov_deg: Field of view across the frame's shorter side, of all backgrounds; None takes what their EXIF data say,
            and lets "perspective" estimate it for each.
        cutouts_per_sample: People in a picture: a number, or a range such as (1, 3) or "1..3".
        max_overlap_percent: How much of one those in front may cover, where there are several; None for 50.
        seed: Seed of placements and splits.
        split: Shares of train, val and test by identity, in per cent.
        skip_bad: Leave out pictures that can't be used, instead of raising; `corpus.manifest.left_out` names them.
        fix_cutouts: Undo defects of cut-outs: colours premultiplied by alpha, haze, transparent margins;
            `corpus.manifest.cutout_fixes` says what was done to which.
        label: Class of the cut-outs that lie in no sub-folder of `fg`; None for "foreground".
        subfolders: What the sub-folders of `fg` are: classes by their names, more of the one class that `label` names,
            or nothing that counts; None where they are plainly classes. `corpus.classes` lists what came of it.
        scale: Factor of the cut-outs' size, or the range from which it is drawn for each: (0.5, 1.5), or "0.5..1.5".
        rotate_deg: Degrees by which cut-outs are turned at most, either way.
        truncate_percent: Share of a cut-out that may lie outside the frame.
        distractors: Further cut-outs behind the others that are in no mask: a number, or a range such as (0, 2).
        blur_px: Largest sigma by which cut-outs are out of focus.
        colour_match: How far, 0..1, colours of cut-outs go to those around them, or a range such as (0, 1).
        shadow: Darkness of shadows on the ground, 0..1, or a range such as (0.3, 0.7).
        blend: Ways of blending, of "alpha", "gaussian" and "poisson", with commas: one is drawn for each sample; "all"
            shows each place under each.
        recipe: TOML with options of a plan, such as `manifest/recipe.toml` of a corpus; what is given here wins.
        replace: Remove a corpus of another plan that is there.
        workers: Threads that read pictures, and processes that draw what varies; None for one a core.
        progress: Whether to show progress on stderr.

    Returns:
        The planned corpus, whose images are not made yet.

    Raises:
        Problem: Where an option makes no sense, pictures can't be used, or another corpus is there.
    """
    height_px, width_px = (size_px, size_px) if isinstance(size_px, int) else size_px
    options = PlanOptions(
        Path(bg),
        Path(fg),
        None if bg_depth is None else Path(bg_depth),
        depth_scale_m,
        height_px,
        width_px,
        cutout_height_px,
        placements,
        placement,
        seed,
        split,
        skip_bad,
        fov_deg,
        CutoutsPerSample.parse(_range_text(cutouts_per_sample), max_overlap_percent),
        fix_cutouts,
        label,
        subfolders,
        Variety.parse(
            *(
                _range_text(scale),
                rotate_deg,
                truncate_percent,
                _range_text(distractors),
                blur_px,
                _range_text(colour_match),
                _range_text(shadow),
                blend,
            ),
            rule=placement,
        ),
    )
    shown = show_progress if progress else no_progress
    with _opened(corpus, options, bg=bg, fg=fg, bg_depth=bg_depth) as (path, there):
        planned = plan_corpus(path, there, replace, workers or usable_cpu_count(), shown)
    warn_of((*planned.notes, *planned.warnings), wrappers=1)
    return open_corpus(corpus)


@checked_arguments
def extend(
    corpus: StrPath,
    bg: StrPath | None = None,
    fg: StrPath | None = None,
    bg_depth: StrPath | None = None,
    *,
    depth_scale_m: float = 0.001,
    skip_bad: bool = False,
    fix_cutouts: bool = False,
    label: str | None = None,
    subfolders: Literal["classes", "merge", "ignore"] | None = None,
    replace: bool = False,
    undo: bool = False,
    workers: Workers | None = None,
    progress: bool = False,
) -> Corpus:
    """Add backgrounds or cut-outs to a corpus, or both: new ones with all others, by the options of its plan.

    Args:
        corpus: Folder of a planned corpus, or its URL.
        bg: Folder of further backgrounds, or a URL, as of `fg` and `bg_depth`.
        fg: Folder of further cut-outs with transparency.
        bg_depth: Folder of depth maps under the new backgrounds' names, where the others have some.
        depth_scale_m: Metres of one unit of the depth maps.
        skip_bad: Leave out pictures that can't be used, instead of raising.
        fix_cutouts: Undo defects of cut-outs; they are undone where that was done before.
        label: Class of the new cut-outs that no sub-folder of `fg` gives one.
        subfolders: What the sub-folders of `fg` are; None where that has to be plain.
        replace: Remove what is there of another extension that isn't whole yet.
        undo: Remove what is there of it, and add nothing.
        workers: Threads that read pictures, and processes that draw what varies; None for one a core.
        progress: Whether to show progress on stderr.

    Returns:
        The corpus as it was: it is read so until `compose`, and `label` where it has depth, have made all that is new.

    Raises:
        Problem: Where an option makes no sense, pictures can't be used, or another extension isn't whole yet.
    """
    if undo:
        if bg or fg or bg_depth:
            raise Problem(
                "undo: adds nothing, and gives up what is being added: leave bg, fg and bg_depth out", exit_code=2
            )
        with corpus_folder(corpus) as path:
            undo_extension(path)
        return open_corpus(corpus)
    new_bg, new_fg, new_depth = (None if folder is None else Path(folder) for folder in (bg, fg, bg_depth))
    options = ExtendOptions(new_bg, new_fg, new_depth, depth_scale_m, skip_bad, fix_cutouts, label, subfolders)
    shown = show_progress if progress else no_progress
    with _opened(corpus, options, bg=bg, fg=fg, bg_depth=bg_depth) as (path, there):
        found = extend_corpus(path, there, replace, workers or usable_cpu_count(), shown)
    warn_of((*found.notes, *found.warnings, *(f"left out: {file}: {reason}" for file, reason in found.left_out)))
    return open_corpus(corpus)


def _range_text(value: float | tuple[float, float] | str) -> str:
    """Return a number or a range as the option takes it: LO..HI."""
    return "..".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


@contextmanager
def _opened(corpus: StrPath, options: Options, **folders: StrPath | None) -> Iterator[tuple[Path, Options]]:
    """Give the folder of a corpus, and options with the folders of its pictures; all may be under URLs."""
    with ExitStack() as places:
        given = {name: folder for name, folder in folders.items() if folder is not None}
        opened: dict[str, Any] = {name: places.enter_context(pictures_folder(place)) for name, place in given.items()}
        yield places.enter_context(corpus_folder(corpus)), with_fields(options, **opened)
