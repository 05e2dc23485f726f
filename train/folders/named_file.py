"""A picture file that isn't told yet for an image or a mask, and what the words in its names say of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

PICTURE_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".ppm", ".pgm"))

_BETWEEN = re.compile(r"[\s._-]+")

_IMAGE_WORDS = (
    "images", "image", "imgs", "img", "photos", "photo", "pictures", "picture", "inputs", "input", "jpegimages",
    "pngimages", "originals", "original", "rgb", "fgr", "leftimg8bit", "im", "hq", "sat", "stillsraw_full", "stillsraw",
)  # fmt: skip
_MASK_WORDS = (
    "masks", "mask", "mattes", "matte", "matting", "alphas", "alpha", "pha", "labels", "label", "annotations",
    "annotation", "annots", "annot", "segmentations", "segmentation", "segmentationclass", "segmentationclasspng",
    "segmentationclassaug", "segmentationclassraw", "segs", "seg", "groundtruths", "groundtruth", "ground_truths",
    "ground_truth", "gts", "gt", "trimaps", "trimap", "targets", "target", "outputs", "output", "silhouettes",
    "silhouette", "pedmasks", "category_ids", "gtfine_labelids", "gtfine", "gtcoarse_labelids", "gtcoarse", "ann",
    "labeledapproved_full", "labeledapproved", "pixelwisegt", "stuffthingmaps", "pixelmaps",
)  # fmt: skip
# Maps that people keep beside masks, and that may be the masks where there are no others.
_SECOND_WORDS = (
    "trimaps", "trimap", "segmentationobject", "segmentationobjectpng", "instances", "instance", "instance_ids",
    "human_ids", "gtfine_instanceids", "gtfine_labeltrainids", "gtcoarse_instanceids", "gtcoarse_labeltrainids",
)  # fmt: skip
# What is never a mask: depth, and pictures to look at.
_NO_MASK_WORDS = (
    "segmentationclassvisualization", "segmentationobjectvisualization", "gtfine_color", "masks_human",
    "visualizations", "visualization", "label_viz", "panoptic", "gtcoarse_color",
    "depth_maps", "depth_map", "depth_gt", "depths", "depth",
)  # fmt: skip

SPLIT_WORDS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
               "test": "test", "testing": "test",
               "duts_tr": "train", "duts_te": "test", "dis_tr": "train", "dis_vd": "val", "dis_te1": "test",
               "dis_te2": "test", "dis_te3": "test", "dis_te4": "test"}  # fmt: skip

ROLES = dict.fromkeys(_IMAGE_WORDS, "image") | dict.fromkeys((*_MASK_WORDS, *_SECOND_WORDS), "mask")

# The year behind the name of a split, as in COCO's train2017.
_YEAR = re.compile(r"_?(?:19|20)\d\d$")


def split_of(word: str) -> str | None:
    """Return the split that a word names, with or without a year; None where it names none."""
    return SPLIT_WORDS.get(_YEAR.sub("", word))


def _alone(words: Sequence[str]) -> re.Pattern[str]:
    """Return what finds a word that stands by itself in a name: no letter beside it but those of a split before it.

    CamVid's masks of `train` lie in `trainannot`.
    """
    begin = "|".join(("(?<![a-z])", *(f"(?<={split})" for split in ("train", "val", "test"))))
    return re.compile(rf"(?:{begin})(?:{'|'.join(sorted(words, key=len, reverse=True))})(?![a-z])")


WORD = _alone(list(ROLES))
BESIDE = _alone([*_SECOND_WORDS, *_NO_MASK_WORDS])
NO_MASK = _alone(_NO_MASK_WORDS)
# A folder of what lies behind objects: masks beside it mark nothing in its pictures.
BACKGROUNDS = re.compile(r"(?:backgrounds?|bgs?|bgr)(?:_(?:images?|imgs?|photos?|pictures?))?")


@dataclass(frozen=True)
class NamedFile:
    """A picture file.

    Attributes:
        path: Its path from the folder on, with slashes.
        outer: So many of the folders on the way to it, from the outermost on, hold all files, and so tell nothing.
    """

    path: str
    outer: int = 0

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders that it lies in, the outermost first, but for those of all files."""
        return tuple(map(normal_name, PurePosixPath(self.path).parts[self.outer : -1]))

    @cached_property
    def place(self) -> str:
        """All the folders that it lies in, without any word, with slashes."""
        folders = tuple(map(normal_name, PurePosixPath(self.path).parts[:-1]))
        return "/".join(_without_words(folders, range(len(folders))))

    @cached_property
    def stem(self) -> str:
        """The name without the suffix of a picture, or two: masks of `7.jpg` may be called `7.jpg.png`."""
        stem, suffix = os.path.splitext(PurePosixPath(self.path).name)
        inner, suffix = os.path.splitext(stem)
        return inner if inner and suffix.lower() in PICTURE_SUFFIXES else stem

    @cached_property
    def name(self) -> str:
        """The name without suffix, in lower case, its parts joined by underscores."""
        return normal_name(self.stem)

    @cached_property
    def bare(self) -> str:
        """The name without any word."""
        return normal_name(WORD.sub("", self.name))

    @cached_property
    def near(self) -> tuple[str, ...]:
        """The folders, the innermost of those with a word without its words."""
        told = [i for i, part in enumerate(self.folders) if WORD.search(part)]
        return tuple(_without_words(self.folders, told[-1:]))

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """The folders, of those with a word or a split only the split that they name."""
        parts = ((_split_in(part), part) for part in self.folders)
        return tuple(split or part for split, part in parts if split or not WORD.search(part))

    @cached_property
    def inner(self) -> tuple[str, ...]:
        """The folders without words, and without the outermost one if it has none: `people` beside `masks`."""
        return self.far if self.folders and WORD.search(self.folders[0]) else self.far[1:]

    @cached_property
    def beside(self) -> str:
        """The word that says that it lies beside masks; empty where there is none."""
        of_folders = (BESIDE.search(part) or BACKGROUNDS.fullmatch(part) for part in reversed(self.folders))
        return next((each[0] for each in (BESIDE.search(self.name), *of_folders) if each), "")

    @property
    def is_no_mask(self) -> bool:
        """Whether `beside` says that it is neither a mask nor what a mask marks."""
        return bool(NO_MASK.fullmatch(self.beside) or BACKGROUNDS.fullmatch(self.beside))

    @cached_property
    def far(self) -> tuple[str, ...]:
        """The folders without any word."""
        return tuple(_without_words(self.folders, range(len(self.folders))))

    def shorter_names(self) -> Iterator[str]:
        """Yield the name without one of its words, the last first."""
        for word in reversed(list(WORD.finditer(self.name))):
            yield normal_name(self.name[: word.start()] + "_" + self.name[word.end() :])


def normal_name(text: str) -> str:
    """Return a name in lower case, its parts joined by underscores."""
    return _BETWEEN.sub("_", text.lower()).strip("_")


def _split_in(folder: str) -> str:
    return "_".join(filter(None, map(split_of, re.split(r"_(?!(?:19|20)\d\d(?:_|$))", WORD.sub("", folder)))))


def _without_words(folders: Sequence[str], which: Sequence[int] | range) -> Iterator[str]:
    for i, part in enumerate(folders):
        kept = normal_name(WORD.sub("", part)) if i in which else part
        if kept:
            yield kept
