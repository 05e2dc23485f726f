"""Words in the names of files and folders: what is image, what is mask, what only lies beside masks, which split."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
