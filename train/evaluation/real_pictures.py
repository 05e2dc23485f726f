"""Real pictures to test a network on: those of a folder that it wasn't trained on, with their truth and identities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.depth_over_picture import is_same_shape, turn_with_picture
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, first_few
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.depth_teacher.evaluation.depth_files import read_depth_m
from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap
from bgfg.train.folders.corpus_classes import CorpusClasses
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.settings import settings_as_trained
from bgfg.train.inference.inputs import InputFiles
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.array_resize import resize_bilinear

# Digits of the hashes by which runs know what they were trained on.
_DIGITS = 16


@dataclass(frozen=True)
class RealPictures:
    """Pictures of a folder that a network is tested on.

    Attributes:
        folder: The folder.
        inputs: Files of each picture.
        samples: (n,) int64, the index of each in `folder.pairs`.
        notes: What was left out, and why.
        classes: What reads the classes of a corpus that masks mark; None where they are the folder's own.
    """

    folder: ImageMaskFolder
    inputs: list[InputFiles]
    samples: NDArray[np.int64]
    notes: list[str]
    classes: CorpusClasses | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def kept(self, which: NDArray[np.int64]) -> RealPictures:
        """Return some of the pictures, by their positions."""
        return replace(self, inputs=[self.inputs[at] for at in which.tolist()], samples=self.samples[which])

    def without(self, is_out: Callable[[InputFiles], bool], why: str) -> RealPictures:
        """Return the pictures without some; a note names them, and why they are left out."""
        out = [is_out(files) for files in self.inputs]
        if not any(out):
            return self
        names = [files.picture.name for files, is_one in zip(self.inputs, out, strict=True) if is_one]
        note = f"Left out: {len(names):,} of {len(self):,} pictures {why} ({first_few(names, 5)})."
        return replace(self.kept(np.flatnonzero(np.logical_not(out))), notes=[*self.notes, note])

    def identities(self) -> tuple[PigeonholeBootstrap, str]:
        """Return what draws the pictures anew for intervals, and what it draws, in words.

        Names of bgfg's grammar tell scene and person; else pictures are of what stays together in a split.
        """
        names = [parse_name(files.picture.name) for files in self.inputs]
        parsed = [known[0] for known in names if known is not None and known[0].kind == "image"]
        if len(parsed) == len(self):
            numbers = np.array([(name.background, name.cutout) for name in parsed]).T
            scenes, people = (len(np.unique(each)) for each in numbers)
            drawn = [each for each in numbers if len(np.unique(each)) > 1] or [numbers[0]]  # of one there is no draw
            return PigeonholeBootstrap(*drawn), f"{scenes} scenes and {people} people, by the names of bgfg's grammar"
        groups = np.array([self.folder.pairs[i].group for i in self.samples.tolist()])
        bootstrap = PigeonholeBootstrap(groups)
        if bootstrap.shape[0] == len(self):
            return bootstrap, f"{len(self)} pictures"
        return bootstrap, f"{bootstrap.shape[0]} groups of pictures that belong together (clips, scenes, copies)"

    def truth(self, at: int, size_px: tuple[int, int]) -> RealTruth:
        """Return what is true of a picture, by its position, at its own size: height and width."""
        return RealTruth(self.folder, int(self.samples[at]), self.inputs[at], size_px, self.classes)


@dataclass(frozen=True)
class RealTruth:
    """The truth of a picture, read when it is asked for.

    Attributes:
        folder: The folder.
        i: Index of the pair.
        files: The picture's files.
        size_px: Height and width (H, W) of the picture.
        classes: As of RealPictures.
    """

    folder: ImageMaskFolder
    i: int
    files: InputFiles
    size_px: tuple[int, int]
    classes: CorpusClasses | None = None

    def alpha(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return how much of each pixel the mask marks, (H, W) in 0..1, 0 where nothing is known; and what is known."""
        maps = self.folder.label_maps(self.i, ["mask", "known"])
        known = self._nearest(maps["known"]) > 0
        levels = maps["mask"] if maps["mask"].shape == self.size_px else resize_bilinear(maps["mask"], self.size_px)
        return np.asarray(levels, np.float32) / np.float32(255) * known, known

    def codes(self) -> NDArray[np.uint8]:
        """Return the class of each pixel, (H, W), IGNORE_INDEX where none counts."""
        if self.classes is not None:
            return self._nearest(self.classes.codes(self.i))
        return self._nearest(self.folder.label_maps(self.i, ["classes"])["classes"])

    def depth_m(self) -> NDArray[np.float32] | None:
        """Return metres, (H, W), 0 unknown; None where the picture has no depth map."""
        path = self.folder.depth_map(self.i)
        if path is None:
            return None
        metres, _ = read_depth_m(path, None)
        upright = turn_with_picture(metres, path, self.files.picture, (*self.size_px, 3))
        if not is_same_shape(upright.shape, self.size_px):
            sizes = " and ".join(f"{width_px}×{height_px}" for height_px, width_px in (upright.shape, self.size_px))
            line = f"{path}: a depth map of another shape than {self.files.picture.name} ({sizes} px)"
            raise Problem(f"{line}: give that of this very picture, or move it away")
        return self._nearest(upright)

    def _nearest(self, maps: NDArray[Any]) -> NDArray[Any]:
        height_px, width_px = self.size_px
        if maps.shape == self.size_px:
            return maps
        return np.asarray(cv2.resize(maps, (width_px, height_px), interpolation=cv2.INTER_NEAREST_EXACT))


def open_real_pictures(
    path: Path,
    settings: Mapping[str, Any],
    card: ModelCard,
    description: Mapping[str, Any],
    max_samples: int | None = None,
    progress: Progress = no_progress,
    scans_file: Path | None = None,
) -> RealPictures:
    """Open the pictures of a folder that a network can be tested on.

    Args:
        path: The folder.
        settings: How masks are read, as of ImageMaskFolder.
        card: What the network takes and gives.
        description: What its checkpoint says of it.
        max_samples: At most so many pictures, None for all.
        progress: Shows how far the reading of the masks is.
        scans_file: Where the network's run kept what it read of its own data, which isn't read again.

    Raises:
        Problem: No picture is left that is new to the network and has the second shot that it needs.
    """
    read_as = None if "masks" in settings else description.get("masks")
    if card.finds_instances:
        settings, read_as = {"masks": "classes", **settings}, None  # each number is an object
    given = settings_as_trained(description.get("options", {}).get("data", {}), settings)
    folder = ImageMaskFolder(path, given, progress=progress, scans_file=scans_file, read_as=read_as)
    pictures = _listed(folder, card, description)
    if card.needs_background:
        if not any(files.background for files in pictures.inputs):
            put = f"put them into {path / 'backgrounds'} under the pictures' names"
            raise Problem(f"--real {path}: {card.name} compares two shots, and there are no second shots: {put}")
        pictures = pictures.without(lambda files: files.background is None, "have no second shot")
    new = _new_to(set(description.get("files", ())), pictures)
    if not len(new):
        check = bgfg_command("check-data", path)
        why = "all were trained on" if len(pictures) else f"{check} says what there is"
        raise Problem(f"--real {path}: no picture to test on is left: {why}: give others")
    if max_samples is not None and max_samples < len(new):
        new.notes.append(f"{max_samples:,} of {len(new):,} pictures were taken, evenly spread.")
        new = new.kept(np.arange(max_samples) * len(new) // max_samples)
    return new


def _new_to(known: set[str], pictures: RealPictures) -> RealPictures:
    """Return the pictures that a network wasn't trained on, by their content; nor on their scenes, if others are left.

    Args:
        known: Hashes of the files that it was trained on, of _DIGITS digits.
        pictures: The pictures.
    """

    @cache
    def learnt(file: Path | None) -> bool:
        if not known or file is None:
            return False
        try:
            return file_sha256(file)[:_DIGITS] in known
        except OSError:
            return False  # it is named when it is read

    new = pictures.without(lambda files: learnt(files.picture), "were trained on")
    of_new_scenes = new.without(
        lambda files: learnt(files.background), "show scenes whose second shots were trained on"
    )
    if len(new) and not len(of_new_scenes):
        new.notes.append("Not new: the second shots of all pictures were trained on; no figure is of new scenes.")
        return new
    return of_new_scenes


def _listed(folder: ImageMaskFolder, card: ModelCard, description: Mapping[str, Any]) -> RealPictures:
    """Return the pictures of the split test, where the folder names one or was trained on; else all."""
    own = {description.get("digest"), (description.get("mix") or {}).get("digest")}
    named = any(pair.split == "test" for pair in folder.pairs)
    samples = folder.indices("test") if named or folder.digest in own else np.arange(len(folder.pairs))
    files = [
        InputFiles(
            Path(folder.pairs[i].image).stem,
            folder.path / folder.pairs[i].image,
            folder.second_shot(i) if card.needs_background else None,
            picture_bits=folder.image_bits,
        )
        for i in samples.tolist()
    ]
    bits = significant_bits(sorted({each.background for each in files if each.background})).bits
    return RealPictures(folder, [replace(each, background_bits=bits) for each in files], samples, [])
