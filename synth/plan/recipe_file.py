"""Recipes: all options of a plan that aren't folders, as TOML. Each plan writes its own, and one can be given.

A key is the name of an option without its dashes in front, its value as it is given there.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.options import PlanOptions

RECIPE_FILE = "recipe.toml"

Recipe = Mapping[str, str | int | float | bool]

_MOST_BYTES = 100_000
_HEAD = "# The options of this plan; `bgfg plan ... --recipe FILE` takes them again.\n"


def recipe_of(options: PlanOptions) -> dict[str, str | int | float | bool]:
    """Return the recipe of a plan: option -> value; those that it wasn't given and that have no default left out."""
    crowd = options.crowd
    recipe: dict[str, str | int | float | bool] = {
        "size": f"{options.width_px}x{options.height_px}",
        "cutout-height": options.cutout_height_px,
        "placements": options.placements,
        "placement": options.rule,
        "cutouts-per-sample": "1" if crowd is None else str(crowd),
        "seed": options.seed,
        "split": options.split,
        "depth-scale": options.depth_scale_m,
        "skip-bad": options.skip_bad,
        "fix-cutouts": options.fix_cutouts,
    }
    if crowd is not None:
        recipe["max-overlap"] = crowd.max_overlap_percent
    if options.fov_deg is not None:
        recipe["fov-deg"] = options.fov_deg
    given = {"label": options.label, "subfolders": options.subfolders}
    recipe |= {key: value for key, value in given.items() if value is not None}
    varied = (options.variety or Variety()).option_values()
    return recipe | {option.removeprefix("--"): value for option, value in varied.items()}


# Every key that a recipe may have.
RECIPE_KEYS = (*recipe_of(PlanOptions(Path(), Path())), "max-overlap", "fov-deg", "label", "subfolders")


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as TOML."""
    # JSON's texts, numbers and truth values are TOML's, too.
    return _HEAD + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in recipe.items())


def write_recipe(path: Path, options: PlanOptions) -> None:
    """Write the recipe of a plan, whole or not at all, unless it is there."""
    text = recipe_text(recipe_of(options))
    try:
        if read_regular(path, _MOST_BYTES).decode(errors="replace") == text:
            return
    except FileNotFoundError:
        pass
    replace_text(path, text)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        Problem: It can't be read, or has what no recipe has.
    """
    try:
        found = tomllib.loads(read_regular(path, _MOST_BYTES).decode())
    except OSError as error:
        raise Problem(f"{path}: can't be read ({error.strerror}): give a recipe in TOML", exit_code=2) from error
    except ValueError as error:
        raise Problem(f"{path}: not readable as TOML ({error}): mend it", exit_code=2) from error
    for key, value in found.items():
        if key not in RECIPE_KEYS:
            raise Problem(f"{path}: there is no {key!r}; a recipe has {', '.join(RECIPE_KEYS)}", exit_code=2)
        if not isinstance(value, str | int | float):
            raise Problem(f"{path}: {key} is {value!r}: give a text, a number, true or false", exit_code=2)
    return found
