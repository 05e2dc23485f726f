"""Words in the names of files and folders: what is image, what is mask, what only lies beside masks, which split."""

from __future__ import annotations

import re
from collections.abc import Sequence

_IMAGE_WORDS = (
    "images", "image", "imgs", "img", "photos", "photo", "pictures", "picture", "inputs", "input", "jpegimages",
    "pngimages", "originals", "original", "rgb", "fgr", "leftimg8bit",
)  # fmt: skip
_MASK_WORDS = (
    "masks", "mask", "mattes", "matte", "matting", "alphas", "alpha", "pha", "labels", "label", "annotations",
    "annotation", "annots", "annot", "segmentations", "segmentation", "segmentationclass", "segmentationclasspng",
    "segmentationclassaug", "segmentationclassraw", "segs", "seg", "groundtruths", "groundtruth", "ground_truths",
    "ground_truth", "gts", "gt", "trimaps", "trimap", "targets", "target", "outputs", "output", "silhouettes",
    "silhouette", "pedmasks", "category_ids", "gtfine_labelids", "gtfine",
)  # fmt: skip
# Maps that people keep beside masks, and that may be the masks where there are no others.
_SECOND_WORDS = (
    "trimaps", "trimap", "segmentationobject", "segmentationobjectpng", "instances", "instance", "instance_ids",
    "human_ids", "gtfine_instanceids",
)  # fmt: skip
# What is never a mask: depth, and pictures to look at.
_NO_MASK_WORDS = (
    "segmentationclassvisualization", "segmentationobjectvisualization", "gtfine_color", "masks_human",
    "visualizations", "visualization", "depth_maps", "depth_map", "depth_gt", "depths", "depth",
)  # fmt: skip

SPLIT_WORDS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
               "test": "test", "testing": "test"}  # fmt: skip

ROLES = {word: role for role, words in (("image", _IMAGE_WORDS), ("mask", _MASK_WORDS)) for word in words}


def _alone(words: Sequence[str]) -> re.Pattern[str]:
    """Return what finds a word that stands by itself in a name: no other letter beside it."""
    return re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(words, key=len, reverse=True))})(?![a-z])")


WORD = _alone(list(ROLES))
BESIDE = _alone([*_SECOND_WORDS, *_NO_MASK_WORDS])
NO_MASK = _alone(_NO_MASK_WORDS)
