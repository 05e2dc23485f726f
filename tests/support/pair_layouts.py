"""Arrangements of images with their masks or depth maps, as people have them: all right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

Picture = Image.Image | NDArray[Any]

# Paths of an image and its mask. {n}: its number, {s}: one of two scenes, {split}: train, val or test.
MASK_LAYOUTS = {
    "folders": ("images/{n}.jpg", "masks/{n}.png"),
    "short words": ("img/{n}.jpg", "mask/{n}.png"),
    "a word in one name": ("imgs/{n}.jpg", "masks/{n}_mask.png"),
    "a word in both names": ("images/img_{n}.jpg", "masks/mask_{n}.png"),
    "a word in no folder": ("set/image_{n}.jpg", "set/mask_{n}.png"),
    "image and label": ("images/image{n:03d}.jpg", "masks/label{n:03d}.png"),
    "labels": ("images/{n}.jpg", "labels/{n}.png"),
    "annotations": ("images/{n}.jpg", "annotations/{n}.png"),
    "alpha": ("image/{n}.png", "alpha/{n}.png"),
    "original": ("original/{n}.jpg", "mask/{n}.png"),
    "flat": ("{n}.jpg", "{n}_mask.png"),
    "flat in a folder": ("data/{n}.jpg", "data/{n}_matte.png"),
    "VOC": ("JPEGImages/2007_{n:06d}.jpg", "SegmentationClass/2007_{n:06d}.png"),
    "DUTS": ("TR/TR-Image/ILSVRC2012_test_{n:08d}.jpg", "TR/TR-Mask/ILSVRC2012_test_{n:08d}.png"),
    "Carvana": ("train/{n:012d}_01.jpg", "train_masks/{n:012d}_01_mask.gif"),
    "COCO's names": ("train2017/{n:012d}.jpg", "masks/train2017/{n:012d}.png"),
    "capitals": ("Images/{n}.JPG", "Masks/{n}.PNG"),
    "a camera": ("images/IMG_{n:04d}.JPG", "masks/IMG_{n:04d}.png"),
    "frames": ("video/images/frame_{n:06d}.png", "video/masks/frame_{n:06d}.png"),
    "scenes": ("images/scene{s}/{n}.png", "masks/scene{s}/{n}.png"),
    "a folder a sample": ("{n:03d}/image.png", "{n:03d}/mask.png"),
    "splits outside": ("{split}/images/{n}.png", "{split}/masks/{n}.png"),
    "splits inside": ("images/{split}/{n}.png", "masks/{split}/{n}.png"),
    "photographs": ("photos/p{n}.jpg", "photos_mask/p{n}.png"),
    "people": ("people/{n}.jpg", "masks/{n}.png"),
    "ISIC": ("Training_Input/ISIC_{n:07d}.jpg", "Training_GroundTruth/ISIC_{n:07d}_segmentation.png"),
    "Penn-Fudan": ("PNGImages/FudanPed{n:05d}.png", "PedMasks/FudanPed{n:05d}_mask.png"),
    "ADE20k": ("images/training/ADE_train_{n:08d}.jpg", "annotations/training/ADE_train_{n:08d}.png"),
    "Supervisely": ("ds/img/{n}.jpg", "ds/masks_machine/{n}.png"),
    "rgb": ("rgb/{n:04d}.png", "mask/{n:04d}.png"),
    "colour and segmentation": ("color/{n}.jpg", "segmentation/{n}.png"),
    "DIS5K": ("DIS5K/DIS-TR/im/{n}#Bag#a{n}.jpg", "DIS5K/DIS-TR/gt/{n}#Bag#a{n}.png"),
    "P3M": ("P3M-10k/train/blurred_image/p_{n:08d}.jpg", "P3M-10k/train/mask/p_{n:08d}.png"),
    "DAVIS": ("DAVIS/JPEGImages/480p/bear{s}/{n:05d}.jpg", "DAVIS/Annotations/480p/bear{s}/{n:05d}.png"),
    "DUTS side by side": ("DUTS-TR-Image/ILSVRC2012_{n:08d}.jpg", "DUTS-TR-Mask/ILSVRC2012_{n:08d}.png"),
    "ATR": ("humanparsing/JPEGImages/2500_{n}.jpg", "humanparsing/SegmentationClassAug/2500_{n}.png"),
    "COCO-Stuff": ("images/{split}2017/{n:012d}.jpg", "annotations/{split}2017/{n:012d}.png"),
    "Carvana in full": ("train_hq/{n:012d}_01.jpg", "train_masks/{n:012d}_01_mask.gif"),
    "people in a folder": ("data/people/{n}.jpg", "data/masks/{n}.png"),
    "AISegment": (
        "clip_img/180315181{s}/clip_00000000/180315181{s}-{n:08d}.jpg",
        "matting/180315181{s}/matting_00000000/180315181{s}-{n:08d}.png",
    ),
}
# As the archives of data sets unpack: for a training, that is; an audit looks for sets that were composed.
ARCHIVE_LAYOUTS = {
    "CamVid of SegNet": ("{split}/0001TP_{n:06d}.png", "{split}annot/0001TP_{n:06d}.png"),
    "CamVid by words": ("{split}/0001TP_{n:06d}.png", "{split}_labels/0001TP_{n:06d}_L.png"),
    "CamVid's stills": ("701_StillsRaw_full/0001TP_{n:06d}.png", "LabeledApproved_full/0001TP_{n:06d}_L.png"),
    "DUT-OMRON": ("DUT-OMRON-image/im{n:03d}.jpg", "pixelwiseGT-new-PNG/im{n:03d}.png"),
    "LIP": (
        "TrainVal_images/{split}_images/{n:06d}_{n}.jpg",
        "TrainVal_parsing_annotations/{split}_segmentations/{n:06d}_{n}.png",
    ),
    "COCO-Stuff as it unpacks": ("{split}2017/{n:012d}.jpg", "stuffthingmaps_trainval2017/{split}2017/{n:012d}.png"),
    "pixel maps of COCO": ("{split}2017/{n:012d}.jpg", "annotations/stuff_{split}2017_pixelmaps/{n:012d}.png"),
    "MOTS": ("MOTSChallenge/train/images/000{s}/{n:06d}.jpg", "MOTSChallenge/train/instances/000{s}/{n:06d}.png"),
    "MMSegmentation": ("data/img_dir/{split}/{n}.jpg", "data/ann_dir/{split}/{n}.png"),
    "DeepGlobe": ("train/{n}_sat.jpg", "train/{n}_mask.png"),
}
DEPTH_LAYOUTS = {
    "NYU": ("bathroom_000{s}/rgb_{n:05d}.jpg", "bathroom_000{s}/sync_depth_{n:05d}.png"),
    "NYU by name": ("data/nyu2_test/{n:05d}_colors.png", "data/nyu2_test/{n:05d}_depth.png"),
    "a folder a sample": ("{n:03d}/rgb.png", "{n:03d}/depth.png"),
    "depth_gt_X beside X": ("{n:05d}.png", "depth_gt_{n:05d}.png"),
    "X_depth beside X": ("data/{n:05d}.png", "data/{n:05d}_depth.png"),
    "7-Scenes": ("chess/seq-01/frame-{n:06d}.color.png", "chess/seq-01/frame-{n:06d}.depth.png"),
    "rgb and depth": ("rgb/{n:04d}.png", "depth/{n:04d}.png"),
    "TUM": ("rgb/1305031{n:03d}.452.png", "depth/1305031{n:03d}.452.png"),
    "SUN": ("kv1/NYU{n:04d}/image/NYU{n:04d}.jpg", "kv1/NYU{n:04d}/depth/NYU{n:04d}.png"),
    "images and depths": ("images/{n}.jpg", "depths/{n}.png"),
    "photographs": ("photos/p{n}.jpg", "depth/p{n}.png"),
}
COUNT = 12


def write_pairs(
    root: Path, paths: tuple[str, str], image: Callable[[int], Picture], other: Callable[[int], Picture]
) -> Path:
    """Write images and their masks or depth maps, numbered from 1, in an arrangement.

    Args:
        root: Folder to write into.
        paths: Of an image and of what belongs to it.
        image: Makes the image of a number.
        other: Makes what belongs to it.
    """
    for n in range(1, COUNT + 1):
        split = "train" if n < 8 else "val" if n < 10 else "test"
        for form, make in zip(paths, (image, other), strict=True):
            path = root / form.format(n=n, s=1 + n % 2, split=split)
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = make(n)
            (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path)
    return root


def write_pets(root: Path, image: Callable[[int], Picture], trimap: Callable[[int], Picture]) -> Path:
    """Write Oxford-IIIT Pets: pictures of four breeds with trimaps, boxes of some, and the authors' lists."""
    annotations = root / "annotations"
    names = [f"{breed}_{n}" for breed in ("Abyssinian", "american_bulldog", "Bengal", "pug") for n in (1, 10, 33)]
    for folder in (root / "images", annotations / "trimaps", annotations / "xmls"):
        folder.mkdir(parents=True)
    for n, name in enumerate(names):
        for path, picture in (
            (root / f"images/{name}.jpg", image(n)),
            (annotations / f"trimaps/{name}.png", trimap(n)),
        ):
            (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(path)
    (annotations / "xmls/Abyssinian_1.xml").write_text("<annotation/>")
    (annotations / "trimaps/._Abyssinian_1.png").write_bytes(b"of a Mac")
    lines = [f"{name} {1 + n // 3} {1 + n % 2} 1\n" for n, name in enumerate(names)]
    (annotations / "list.txt").write_text("#Image CLASS-ID SPECIES BREED ID\n" + "".join(lines))
    (annotations / "trainval.txt").write_text("".join(lines[::2]))
    (annotations / "test.txt").write_text("".join(lines[1::2]))
    return root
