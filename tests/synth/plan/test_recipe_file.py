"""Recipes: the options of a plan as TOML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import bgfg
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cli.plan import plan
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.recipe_file import RECIPE_KEYS, read_recipe, recipe_of, recipe_text, write_recipe


def test_a_recipe_has_every_option_of_a_plan_that_is_no_folder() -> None:
    options = {each.opts[0].removeprefix("--") for each in plan.params if isinstance(each, click.Option)}
    assert options - set(RECIPE_KEYS) == {"bg", "fg", "bg-depth", "replace", "recipe", "workers", "extend", "undo"}
    assert set(RECIPE_KEYS) <= options


def test_it_reads_back_as_it_was_written(tmp_path: Path) -> None:
    varied = Variety(blur_px=1.5, shadow=(0.2, 0.4), blend=("alpha", "poisson"))
    options = PlanOptions(
        Path("bg"),
        Path("fg"),
        Path("depth"),
        depth_scale_m=1 / 5000,
        height_px=48,
        width_px=64,
        cutout_height_px=23,
        placements=4,
        rule="perspective",
        seed=2**64 - 1,
        split="70/20/10",
        skip_bad=True,
        fov_deg=55.0,
        crowd=CutoutsPerSample(1, 3, 30),
        fix_cutouts=True,
        label="кот 🐈",
        subfolders="merge",
        variety=varied,
    )
    recipe = recipe_of(options)
    assert recipe.keys() == set(RECIPE_KEYS)
    write_recipe(tmp_path / "recipe.toml", options)
    assert read_recipe(tmp_path / "recipe.toml") == recipe
    assert recipe_text(recipe) == (tmp_path / "recipe.toml").read_text()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("colour = 3", "there is no 'colour'; a recipe has size, cutout-height"),
        ("bg = 'photos'", "there is no 'bg'"),
        ("seed = [1]", r"seed is \[1\]: give a text, a number, true or false"),
        ("seed = 2026-01-01", "seed is datetime.date"),
        ("seed", "not readable as TOML"),
        ("\udc80".encode("utf-8", "surrogateescape"), "not readable as TOML"),
    ],
)
def test_what_no_recipe_has_is_a_line(tmp_path: Path, text: str | bytes, line: str) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(Problem, match=line) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed = 'x'", "r.toml: seed is 'x': 'x' is not a valid integer"),
        ("skip-bad = 1", "r.toml: skip-bad is 1: give true or false"),
        ("seed = true", "r.toml: seed is True: give what the option takes"),
    ],
)
def test_a_value_that_its_option_doesnt_take_is_a_line_that_names_the_recipe(
    tmp_path: Path, sources: Path, text: str, line: str
) -> None:
    (tmp_path / "r.toml").write_text(text)
    words = [str(tmp_path / "c"), "--bg", str(sources / "bg"), "--fg", str(sources / "fg")]
    result = CliRunner().invoke(plan, [*words, "--recipe", str(tmp_path / "r.toml")])
    assert result.exit_code == 2
    assert line in result.output
    assert not (tmp_path / "c").exists()


def test_a_recipe_that_isnt_there_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="can't be read"):
        read_recipe(tmp_path / "none.toml")


def test_python_takes_a_recipe_and_what_is_given_beside_it_wins(tmp_path: Path, sources: Path) -> None:
    folders = sources / "bg", sources / "fg", sources / "depth"
    small: dict[str, Any] = {"size_px": (13, 17), "cutout_height_px": 7, "placements": 4, "split": "34/33/33"}
    first = bgfg.plan(tmp_path / "a", *folders, **small, cutouts_per_sample="1..2", rotate_deg=15, seed=3, workers=1)
    recipe = tmp_path / "a/manifest/recipe.toml"
    again = bgfg.plan(tmp_path / "b", *folders, recipe=recipe, workers=1)
    assert again.manifest.digest == first.manifest.digest
    other = bgfg.plan(tmp_path / "c", *folders, recipe=recipe, seed=0, workers=1)
    assert (other.manifest.seed, other.manifest.crowd) == (0, first.manifest.crowd)
    (tmp_path / "wrong.toml").write_text("seed = 'x'")
    with pytest.raises(Problem, match=r"wrong\.toml: seed is 'x': 'x' is not a valid integer"):
        bgfg.plan(tmp_path / "d", *folders, recipe=tmp_path / "wrong.toml")
