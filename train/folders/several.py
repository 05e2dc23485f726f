"""Images with several masks, one an object: which they are, and that bgfg reads one mask an image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from bgfg.data_manifests.terminal.errors import first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.named_file import NamedFile


def masks_of_objects(images: Sequence[NamedFile], masks: Sequence[NamedFile]) -> dict[NamedFile, list[NamedFile]]:
    """Find the masks of single objects: `7/masks/a.png` beside `7/images/7.png`, or `masks/7_1.png` of `images/7.jpg`.

    Args:
        images: Images without a mask of their name.
        masks: Masks without an image of theirs.

    Returns:
        The masks of each image that has some; nothing where none has more than one.
    """
    named = {(image.far, image.bare): image for image in images}
    within: dict[tuple[str, ...], list[NamedFile]] = defaultdict(list)
    for image in images:
        within[image.far].append(image)
    found: dict[NamedFile, list[NamedFile]] = defaultdict(list)
    for mask in masks:
        alone = within[mask.far]
        if len(alone) == 1 and mask.far and alone[0].folders != mask.folders:
            found[alone[0]].append(mask)
        elif (owner := named.get((mask.far, mask.bare.rpartition("_")[0]))) is not None:
            found[owner].append(mask)
    return dict(found) if max(map(len, found.values()), default=0) > 1 else {}


def find_several(masks_of: Mapping[NamedFile, Sequence[NamedFile]]) -> Iterator[Finding]:
    """Yield an error that names the first image with masks of single objects, and what to do; nothing where none is."""
    if not masks_of:
        return
    image, masks = next(iter(masks_of.items()))
    names = first_few([PurePosixPath(mask.path).name for mask in masks], 3)
    others = f", as {len(masks_of):,} images have" if len(masks_of) > 1 else ""
    what = f"masks of single objects ({names}){others}, and one mask an image is read"
    advice = f"join them into one of the image's name, such as {PurePosixPath(masks[0].path).with_stem(image.stem)}"
    yield Finding("error", "several-masks", image.path, f"{what}: {advice}: left out")
