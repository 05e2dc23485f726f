"""The pictures that networks are tested on: real ones, and composites of other pictures than they learn from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.ablation.recipes import PLAIN, TOGETHER, compose
from benchmarks.accuracy.mask_sets import read_mask
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.listing import list_pictures
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.stress import stress
from examples.photographs import fixed_camera
from examples.photographs.backgrounds import background_files
from examples.photographs.outlined_people import cut_out, figures, matte, outlined_files, read_outlines

U8 = NDArray[np.uint8]

_EVERY_FRAME = 4  # of the fixed camera: people walk slowly
_PLACEMENTS = 2  # of each composite
_HARSH = "harsh"


@dataclass(frozen=True)
class TestPicture:
    """A picture to be tested on.

    Attributes:
        identity: Who or where it is: pictures of one identity are alike.
        picture: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8, the truth.
        background: The second shot, (H, W, 3) uint8 RGB; None where there is none.
    """

    __test__ = False  # it isn't pytest's

    identity: str
    picture: U8
    mask: U8
    background: U8 | None = None


@dataclass(frozen=True)
class TestSet:
    """A set of such pictures.

    Attributes:
        title: What it is, in a few words.
        note: What is to be known beside its figures.
        sources: Folders under the user's pictures that it is made of.
        make: Yields its pictures: of the user's pictures, with a folder for what is needed on the way.
        is_of_pairs: Whether it has second shots.
    """

    __test__ = False

    title: str
    note: str
    sources: tuple[str, ...]
    make: Callable[[Path, Path], Iterator[TestPicture]]
    is_of_pairs: bool

    def read(self, pictures: Path, folder: Path) -> dict[str, TestPicture]:
        """Return the pictures by name, made in a folder where they aren't there yet, whole or not at all."""
        partial = folder.with_name(f"{folder.name}.partial")
        if not folder.exists():
            shutil.rmtree(partial, ignore_errors=True)
            (partial / "made-of").mkdir(parents=True)
            for number, shown in enumerate(self.make(pictures, partial / "made-of")):
                _write(partial, f"{shown.identity}-{number:03d}", shown)
            shutil.rmtree(partial / "made-of")
            partial.rename(folder)
        names = [path.stem for path in list_pictures(folder / "picture")[0]]
        return {name: _read(folder, name, self.is_of_pairs) for name in names}

    def is_there(self, pictures: Path) -> bool:
        """Say whether all that it is made of is there."""
        return all((pictures / source).is_dir() for source in self.sources)


def identity_of(name: str) -> str:
    """Return the identity of a picture by its name."""
    return name.rpartition("-")[0]


def _write(folder: Path, name: str, shown: TestPicture) -> None:
    for kind in ("picture", "mask", "background"):
        if (pixels := getattr(shown, kind)) is not None:
            (folder / kind).mkdir(exist_ok=True)
            save_png(pixels, folder / kind / f"{name}.png")


def _read(folder: Path, name: str, is_of_pairs: bool) -> TestPicture:
    picture = read_rgb(folder / "picture" / f"{name}.png")
    background = read_rgb(folder / "background" / f"{name}.png") if is_of_pairs else None
    return TestPicture(identity_of(name), picture, read_mask(folder / "mask" / f"{name}.png", picture), background)


def _portraits(pictures: Path, _: Path) -> Iterator[TestPicture]:
    masks = {path.stem: path for path in list_pictures(pictures / "portraits/masks")[0]}
    for path in list_pictures(pictures / "portraits/images")[0]:
        if path.stem in masks:
            yield TestPicture(path.stem, picture := read_rgb(path), read_mask(masks[path.stem], picture))


def _outlined(pictures: Path, _: Path) -> Iterator[TestPicture]:
    outlines = read_outlines()
    for path in outlined_files(pictures / "photos/open_images"):
        picture = read_rgb(path)
        yield TestPicture(path.stem, picture, _as_u8(matte(picture, outlines[path.stem])))


def _fixed_camera(pictures: Path, _: Path) -> Iterator[TestPicture]:
    clip = pictures / "photos/fixed_camera"
    room, empty = fixed_camera.empty_room(clip), fixed_camera.read_frame(clip, fixed_camera.EMPTY[0])
    for person, numbers in enumerate(fixed_camera.PEOPLE):
        for number in list(numbers)[::_EVERY_FRAME]:
            picture = fixed_camera.read_frame(clip, number)
            frame = picture.astype(np.float64)
            exposed = fixed_camera.apply_exposure(room, fixed_camera.match_exposure(room, frame))
            mask = fixed_camera.person_mask(exposed, frame).astype(np.uint8) * 255
            yield TestPicture(f"person{person}", picture, mask, empty)


def _composites(recipe: str) -> Callable[[Path, Path], Iterator[TestPicture]]:
    def make(pictures: Path, folder: Path) -> Iterator[TestPicture]:
        bg, fg = folder / "bg", folder / "fg"
        scenes = _write_scenes(pictures, bg, fg)
        compose(folder / "corpus", bg, fg, recipe, "--placements", _PLACEMENTS, "--split", "4/4/92")
        corpus = Corpus(folder / "corpus")
        backgrounds = corpus.read_prepared("background")
        for scene in range(scenes):
            for placement in range(_PLACEMENTS):
                sample = (scene * 2 * corpus.geometry.cutouts + 2 * scene) * _PLACEMENTS + placement
                image, mask = corpus.read("image", sample), corpus.read("mask", sample)
                second, first = _disturbed(backgrounds[scene], image, mask, sample)
                yield TestPicture(f"scene{scene}", first, mask, second)

    return make


def _write_scenes(pictures: Path, bg: Path, fg: Path) -> int:
    """Write a view of each panorama, and as many people, each for one of them; return how many."""
    bg.mkdir()
    fg.mkdir()
    panoramas: dict[str, Path] = {}
    for path in background_files(pictures / "photos"):
        if path.parent.name == "poly_haven":
            panoramas.setdefault(path.stem.rpartition("_")[0], path)
    outlines = read_outlines()
    pairs = list(zip(panoramas.values(), outlined_files(pictures / "photos/open_images"), strict=False))
    for number, (place, person) in enumerate(pairs):
        shutil.copyfile(place, bg / f"{number:03d}.jpg")
        picture = read_rgb(person)
        save_png(cut_out(picture, figures(matte(picture, outlines[person.stem]))[0]), fg / f"{number:03d}.png")
    return len(pairs)


def _disturbed(background: U8, image: U8, mask: U8, sample: int) -> tuple[U8, U8]:
    """Return second shot and composite as two shots by hand are: moved, re-exposed, noisy, compressed."""
    tensors = (torch.from_numpy(np.array(pixels)) for pixels in (background, image, mask[..., None]))
    bg, bg_fg, alpha = (pixels.permute(2, 0, 1)[None] for pixels in tensors)
    shots = stress(_HARSH, bg, bg_fg, alpha, torch.tensor([sample]))
    second, first = (np.ascontiguousarray(shot[0].permute(1, 2, 0).numpy()) for shot in shots)
    return second, first


def _as_u8(alpha: NDArray[np.float32]) -> U8:
    return np.round(alpha * 255).astype(np.uint8)


_PHOTOGRAPHS = ("photos/open_images", "photos/poly_haven")
_FOREIGN = "people cut out of Open Images in places of Poly Haven, a person a place; shots moved, re-exposed and noisy"

TEST_SETS: Mapping[str, TestSet] = {
    "portraits": TestSet(
        "portraits", "photographs of one person each, with their masks", ("portraits",), _portraits, is_of_pairs=False
    ),
    "outlined": TestSet(
        "photographs", "people in photographs of Open Images, outlined by hand", _PHOTOGRAPHS[:1], _outlined,
        is_of_pairs=False,
    ),
    "fixed-camera": TestSet(
        "fixed camera",
        "frames of three people in one room, and a shot of it empty; masks by the difference to the median of many "
        "such shots; intervals over three people are too narrow",
        ("photos/fixed_camera",), _fixed_camera, is_of_pairs=True,
    ),
    "composites": TestSet("plain composites", _FOREIGN, _PHOTOGRAPHS, _composites(PLAIN), is_of_pairs=True),
    "varied": TestSet(
        "varied composites", f"the same, varied as by the recipe `{TOGETHER}`", _PHOTOGRAPHS,
        _composites(TOGETHER), is_of_pairs=True,
    ),
}  # fmt: skip
