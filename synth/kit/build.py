"""Build the kit on disk: every background and every person drawn, on all cores, each file written whole or not at all.

OUT/bg/bg001.jpeg      an office, a place out of doors or a corner of a home, size_px square
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
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import clear_partials, replace_text
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.followed_folder import tell_changed
from bgfg.data_manifests.files.json_form import is_count, misfit, read_json
from bgfg.data_manifests.images.image_writing import save_depth_png, save_jpeg, save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.kit.figures.people import draw_person
from bgfg.synth.kit.render.renderer import render
from bgfg.synth.kit.render.scene import Camera, Scene
from bgfg.synth.kit.render.tone_mapping import auto_exposure, tone_map
from bgfg.synth.kit.scenes.cameras import vary_camera
from bgfg.synth.kit.scenes.homes import home_scene
from bgfg.synth.kit.scenes.offices import office_scene
from bgfg.synth.kit.scenes.outdoors import outdoor_scene
from bgfg.synth.store.lock import LOCK_FILE, writer_folder
from bgfg.synth.store.outputs import KIT, require_no_strangers, require_place

_FOLDERS = ("bg", "depth", "fg")

# What kit.json has to say. A file without `scenes`, from before there was a choice, is of rooms.
_NOTES = {"seed": int, "size_px": is_count, "backgrounds": is_count, "cutouts": is_count, "scenes?": str}

# A kit may get more images: those that are there stay what they are.
_GROWABLE = ("backgrounds", "cutouts")

# What of kit.json is called otherwise on the command line than there.
_FLAGS = {"size_px": "--size", "version": "drawn by version"}

# The version of each choice of scenes; a new version draws other images from the same seed.
SCENE_VERSIONS = {"indoor": 2, "outdoor": 3, "mixed": 3, "home": 2}
SCENES = tuple(SCENE_VERSIONS)
# The range of an image's middle tone, where it isn't the usual one: homes are often under- or over-exposed.
_MIDDLE_TONES = {"home": (0.06, 0.8)}


@dataclass(frozen=True)
class KitConfig:
    """Everything that decides the bytes of a kit; checked when it is made.

    Attributes:
        seed: Of all random draws.
        size_px: The side of the backgrounds; cut-outs are half as high.
        backgrounds: How many.
        cutouts: How many.
        scenes: One of `SCENES`.
    """

    seed: int
    size_px: int
    backgrounds: int
    cutouts: int
    scenes: str = "indoor"

    def __post_init__(self) -> None:
        if self.scenes not in SCENES:
            raise Problem(f"--scenes {self.scenes}: give one of {', '.join(SCENES)}", exit_code=2)
        for name, least, most in (
            ("seed", 0, 2**63 - 1),
            ("size_px", 16, 4096),
            ("backgrounds", 0, 10**6),
            ("cutouts", 0, 10**6),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                option = "--" + name.removesuffix("_px")
                raise Problem(f"{option} {value}: give a number from {least} to {most}", exit_code=2)
        if not self.backgrounds and not self.cutouts:
            raise Problem("--backgrounds 0 --cutouts 0: nothing is to be drawn: give 1 or more of one", exit_code=2)

    def to_json(self) -> dict[str, int | str]:
        """Return what kit.json says of the config."""
        return {**asdict(self), "version": SCENE_VERSIONS[self.scenes]}


def build_kit(
    out: Path,
    backgrounds: int = 100,
    cutouts: int = 100,
    size_px: int = 448,
    seed: int = 0,
    executor: Executor | None = None,
    scenes: str = "indoor",
) -> None:
    """Draw the kit into `out`; what an interrupted run of the same config left there is kept.

    Every image depends on seed, number, size and `scenes` alone, not on the counts or on the executor.

    Args:
        out: The folder of the kit.
        backgrounds: How many backgrounds it has.
        cutouts: How many people it has.
        size_px: The side of the backgrounds; cut-outs are half as high.
        seed: Of all random draws.
        executor: What runs the work; one process unless given.
        scenes: One of `SCENES`. "mixed" draws for each number whether it lies indoors, with looser cameras, or
            outdoors.

    Raises:
        Problem: `out` holds another kit or other things, lies in what is none of its own, or images couldn't be drawn.
    """
    config, executor = KitConfig(seed, size_px, backgrounds, cutouts, scenes), executor or Executor()
    _require_kit_folder(out, config)
    with writer_folder(out, "kit"):
        _require_kit_folder(out, config)  # by now, another process may have begun another kit
        _write_state(out, config, complete=False)
        for name in _FOLDERS:
            make_folder(out / name)
            clear_partials(out / name)
        missing = [i for i in range(backgrounds + cutouts) if not all(map(_is_there, _files(out, config, i)))]
        done = backgrounds + cutouts - len(missing)
        with executor.progress("kit", backgrounds + cutouts, done) as advance:

            def tell_drawn(result: TaskResult) -> None:
                for path in _files(out, config, result.task):
                    tell_changed(path)  # which the process that drew it couldn't
                advance(1)

            failures = executor.run(out, partial(_draw_one, out, config), missing, tell_drawn)
        raise_failures(failures, "picture")
        _write_state(out, config, complete=True)
        (out / LOCK_FILE).unlink()


def draw_background(
    seed: int, index: int, size_px: int, scenes: str = "indoor"
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return background `index` as (size_px, size_px, 3) sRGB uint8 and its z-depth (size_px, size_px) uint16 in mm.

    What is 65.535 m away or farther, the sky with it, has the depth 65,535.
    """
    return _draw_scene(*_scene_and_camera(seed, index, size_px, scenes), seed, index, scenes)


def _draw_scene(
    scene: Scene, camera: Camera, seed: int, index: int, scenes: str
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    rendering = render(scene, camera, light_step=2)
    middle = np.random.default_rng([seed, index, 0x657870]).uniform(*_MIDDLE_TONES.get(scenes, (0.24, 0.42)))
    depth_mm = np.minimum(np.round(rendering.depth_m * 1000), np.iinfo(np.uint16).max).astype(np.uint16)
    return tone_map(rendering.colour, auto_exposure(rendering.colour, float(middle))), depth_mm


def is_outdoors(seed: int, index: int, scenes: str) -> bool:
    """Return whether background `index` is a place out of doors: always, never, or in mixed kits by its own draw."""
    if scenes != "mixed":
        return scenes == "outdoor"
    return bool(np.random.default_rng([seed, index, 0x73636E73]).random() < 0.5)


def _scene_and_camera(seed: int, index: int, size_px: int, scenes: str) -> tuple[Scene, Camera]:
    if scenes == "home":
        return home_scene(seed, index, size_px)
    if is_outdoors(seed, index, scenes):
        return outdoor_scene(seed, index, size_px)
    scene, camera = office_scene(seed, index, size_px)
    if scenes == "mixed":
        camera = vary_camera(camera, np.random.default_rng([seed, index, 0x6C6F6F73]))
    return scene, camera


def background_files(out: Path, index: int) -> tuple[Path, Path]:
    """Return the paths of background `index`, counted from 0, and of its depth; their names count from 1."""
    return out / "bg" / f"bg{index + 1:03d}.jpeg", out / "depth" / f"bg{index + 1:03d}.png"


def cutout_file(out: Path, index: int) -> Path:
    """Return the path of cut-out `index`, counted from 0; its name counts from 1."""
    return out / "fg" / f"fg{index + 1:03d}.png"


def _files(out: Path, config: KitConfig, number: int) -> tuple[Path, ...]:
    """Return the files of image `number`: the backgrounds come first, then the cut-outs."""
    is_background = number < config.backgrounds
    return background_files(out, number) if is_background else (cutout_file(out, number - config.backgrounds),)


def _is_there(path: Path) -> bool:
    """Say whether a picture is there; one that is empty was left so by a power cut."""
    return path.is_file() and path.stat().st_size > 0


def _draw_one(out: Path, config: KitConfig, number: int) -> None:
    if number >= config.backgrounds:
        index = number - config.backgrounds
        save_png(draw_person(config.seed, index, config.size_px // 2), cutout_file(out, index))
        return
    scene, camera = _scene_and_camera(config.seed, number, config.size_px, config.scenes)
    colour, depth_mm = _draw_scene(scene, camera, config.seed, number, config.scenes)
    colour_file, depth_file = background_files(out, number)
    save_depth_png(depth_mm, depth_file)
    save_jpeg(colour, colour_file, focal_px=1 / camera.pixel_slope)


def _require_kit_folder(out: Path, config: KitConfig) -> None:
    """Raise Problem where a folder holds something else than a kit of this config, or the beginning of one."""
    require_place(out, "OUT", KIT)
    state = out / "kit.json"
    if state.exists():
        found = _read_state(state)
        other = [
            f"{_FLAGS.get(name, f'--{name}')} {value} (was {found.get(name)})"
            for name, value in config.to_json().items()
            if found.get(name) != value and not (name in _GROWABLE and _is_smaller(found.get(name), value))
        ]
        if other:
            line = f"{out}: holds another kit (different: {', '.join(other)})"
            raise Problem(f"{line}: choose another folder, or remove this one", exit_code=2)
    else:
        require_no_strangers(out, KIT)


def _is_smaller(found: object, wanted: int | str) -> bool:
    return isinstance(found, int) and isinstance(wanted, int) and found < wanted


def _read_state(state: Path) -> dict[str, object]:
    try:
        found = read_json(state)
        if fault := misfit(found, _NOTES):
            raise ValueError(fault)
    except ValueError as error:
        raise Problem(f"{state}: not a kit's notes ({error}); choose another folder or remove this one") from error
    return {"scenes": "indoor", **found}


def _write_state(out: Path, config: KitConfig, *, complete: bool) -> None:
    replace_text(out / "kit.json", json.dumps({**config.to_json(), "complete": complete}, indent=2) + "\n")
