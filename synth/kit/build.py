"""The kit on disk: every background and every person drawn, on all cores, each file written whole or not at all.

OUT/bg/bg001.jpeg      a room, a place out of doors or a corner of a home, size_px square
OUT/depth/bg001.png    its depth: 16 bit, millimetres, z-depth from the camera's plane; 65,535 is "65.5 m or farther"
OUT/fg/fg001.png       a person, size_px // 2 high, RGBA with true coverage
OUT/kit.json           seed, size, counts and scenes; `complete` once all is there
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.images.pictures import save_depth_png, save_jpeg, save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Crew, produce, raise_for
from bgfg.synth.kit.figures.people import draw_person
from bgfg.synth.kit.render.render import exposure_of, render, tone_mapped
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.scenes.homes import home
from bgfg.synth.kit.scenes.outdoors import loosened, outdoors
from bgfg.synth.kit.scenes.rooms import room
from numpy.typing import NDArray

# A kit may get more pictures: those that are there stay what they are.
_GROWING = ("backgrounds", "cutouts")

# The drawing of each choice of scenes; a new version makes other pictures of the same seed.
VERSIONS = {"indoor": 1, "outdoor": 2, "mixed": 2, "home": 1}
SCENES = tuple(VERSIONS)
# How bright a picture's middle tone is: those of homes are taken as they come, under- and over-exposed.
_MIDDLES = {"home": (0.06, 0.8)}


@dataclass(frozen=True)
class Recipe:
    """What decides every byte of a kit."""

    seed: int
    size_px: int
    backgrounds: int
    cutouts: int
    scenes: str = "indoor"

    def __post_init__(self) -> None:
        if self.scenes not in SCENES:
            raise Problem(f"scenes {self.scenes!r}: choose one of {', '.join(SCENES)}", exit_code=2)
        for name, least, most in (
            ("seed", 0, 2**63 - 1),
            ("size_px", 16, 4096),
            ("backgrounds", 0, 10**6),
            ("cutouts", 0, 10**6),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise Problem(f"{name} {value}: choose a number from {least} to {most}", exit_code=2)

    def notes(self) -> dict[str, int | str]:
        """Return what kit.json says of the recipe."""
        return {**asdict(self), "version": VERSIONS[self.scenes]}


def build_kit(
    out: Path,
    backgrounds: int = 100,
    cutouts: int = 100,
    size_px: int = 448,
    seed: int = 0,
    crew: Crew | None = None,
    scenes: str = "indoor",
) -> None:
    """Draw the kit into `out`; what an interrupted run of the same recipe left there is kept.

    Every picture depends on seed, number, size and `scenes` (one of `SCENES`) alone, not on the counts or on the crew
    (one process unless given). "mixed" draws for each number whether it lies indoors, with looser cameras, or outdoors.
    Raises Problem when `out` holds another kit, or pictures that are no kit, or where pictures couldn't be drawn.
    """
    recipe, crew = Recipe(seed, size_px, backgrounds, cutouts, scenes), crew or Crew()
    _claim(out, recipe)
    missing = [i for i in range(backgrounds + cutouts) if not all(path.exists() for path in _files(out, recipe, i))]
    done = backgrounds + cutouts - len(missing)
    with crew.progress("kit", backgrounds + cutouts, done) as advance:
        failures = produce(out, partial(_draw_one, out, recipe), missing, crew, lambda _outcome: advance(1))
    raise_for(failures, "picture")
    _write_state(out, recipe, complete=True)


def draw_background(
    seed: int, index: int, size_px: int, scenes: str = "indoor"
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return picture `index` as (size_px, size_px, 3) sRGB uint8 and its z-depth (size_px, size_px) uint16 in mm.

    What is 65.535 m away or farther, the sky with it, has the depth 65,535.
    """
    picture = render(*_scene(seed, index, size_px, scenes))
    middle = np.random.default_rng([seed, index, 0x657870]).uniform(*_MIDDLES.get(scenes, (0.24, 0.42)))
    depth_mm = np.minimum(np.round(picture.depth_m * 1000), np.iinfo(np.uint16).max).astype(np.uint16)
    return tone_mapped(picture.colour, exposure_of(picture.colour, float(middle))), depth_mm


def is_outdoors(seed: int, index: int, scenes: str) -> bool:
    """Return whether picture `index` is a place out of doors: always, never, or in mixed kits by its own draw."""
    if scenes != "mixed":
        return scenes == "outdoor"
    return bool(np.random.default_rng([seed, index, 0x73636E73]).random() < 0.5)


def _scene(seed: int, index: int, size_px: int, scenes: str) -> tuple[Scene, Camera]:
    if scenes == "home":
        return home(seed, index, size_px)
    if is_outdoors(seed, index, scenes):
        return outdoors(seed, index, size_px)
    scene, camera = room(seed, index, size_px)
    if scenes == "mixed":
        camera = loosened(camera, np.random.default_rng([seed, index, 0x6C6F6F73]))
    return scene, camera


def background_files(out: Path, index: int) -> tuple[Path, Path]:
    """Return where background `index`, counted from 0, and its depth lie; their names count from 1."""
    return out / "bg" / f"bg{index + 1:03d}.jpeg", out / "depth" / f"bg{index + 1:03d}.png"


def cutout_file(out: Path, index: int) -> Path:
    """Return where cut-out `index`, counted from 0, lies; its name counts from 1."""
    return out / "fg" / f"fg{index + 1:03d}.png"


def _files(out: Path, recipe: Recipe, number: int) -> tuple[Path, ...]:
    """Return the files of picture `number`: the backgrounds come first, then the cut-outs."""
    is_background = number < recipe.backgrounds
    return background_files(out, number) if is_background else (cutout_file(out, number - recipe.backgrounds),)


def _draw_one(out: Path, recipe: Recipe, number: int) -> None:
    if number >= recipe.backgrounds:
        index = number - recipe.backgrounds
        save_png(draw_person(recipe.seed, index, recipe.size_px // 2), cutout_file(out, index))
        return
    colour, depth_mm = draw_background(recipe.seed, number, recipe.size_px, recipe.scenes)
    colour_file, depth_file = background_files(out, number)
    save_depth_png(depth_mm, depth_file)
    save_jpeg(colour, colour_file)


def _claim(out: Path, recipe: Recipe) -> None:
    """Make the folders and note the recipe there, unless something else is there."""
    state = out / "kit.json"
    if state.exists():
        found = _read_state(state)
        other = [
            f"{name} {found.get(name)}, not {value}"
            for name, value in recipe.notes().items()
            if found.get(name) != value and not (name in _GROWING and _is_less(found.get(name), value))
        ]
        if other:
            raise Problem(f"{out}: holds another kit ({'; '.join(other)}); choose another folder or remove this one")
    elif any((out / name).exists() for name in ("bg", "depth", "fg")):
        raise Problem(f"{out}: holds pictures but no kit.json, so it is no kit; choose another folder or remove it")
    for name in ("bg", "depth", "fg"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for leftover in [*out.glob("*/.*.part"), *out.glob("kit.json.*")]:  # of a run that was killed
        leftover.unlink()
    _write_state(out, recipe, complete=False)


def _is_less(found: object, wanted: int | str) -> bool:
    return isinstance(found, int) and isinstance(wanted, int) and found < wanted


def _read_state(state: Path) -> dict[str, object]:
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Problem(f"{state}: not a kit's notes ({error}); choose another folder or remove this one") from error
    if not isinstance(found, dict):
        raise Problem(f"{state}: not a kit's notes; choose another folder or remove this one")
    # Notes from before there was a choice are of rooms.
    return {"scenes": "indoor", **found}


def _write_state(out: Path, recipe: Recipe, *, complete: bool) -> None:
    write_whole(out / "kit.json", json.dumps({**recipe.notes(), "complete": complete}, indent=2) + "\n", out)
