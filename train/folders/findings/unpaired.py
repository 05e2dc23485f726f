"""Findings about pictures that are in no pair: without a partner, beside masks, or masks of single objects."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.named_file import BACKGROUNDS, WORD, NamedFile

_CHECKS = {"image": ("orphan-image", "mask"), "mask": ("orphan-mask", "image")}
# So many of a folder are named one by one.
_FEW = 3


def find_unpaired(roles: Mapping[str, str], others: Collection[str]) -> Iterator[Finding]:
    """Yield a finding for each picture without a partner, or for a folder of them.

    Folders whose names promise partners are warned of; others, such as those of bare backgrounds, hold other pictures.

    Args:
        roles: "image" or "mask" of each picture without a partner, by its path.
        others: Paths of the other pictures: pairs, and pictures that are named otherwise.
    """
    folders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, role in roles.items():
        folders[_folder(path), role].append(path)
    paired = Counter(map(_folder, others))
    for (folder, role), paths in folders.items():
        check, partner = _CHECKS[role]
        apart = bool(paired) and folder not in paired
        if len(paths) == 1 or (len(paths) <= _FEW and not apart):
            for path in paths:
                yield Finding("warning", check, path, f"no {partner} has this name: left out")
            continue
        names, where = first_few([PurePosixPath(path).name for path in paths], _FEW), folder or "this folder"
        if apart:
            what = f"none of the {len(paths):,} pictures of {where} has {_article(partner)}"
            expected = WORD.search(folder.lower()) is not None
        else:
            what = f"{len(paths):,} pictures of {where} have no {partner} of their name"
            # As in PASCAL VOC, of which a part has masks: where every mask has its image, nothing went astray.
            expected = "mask" in roles.values() or len(paths) < paired[folder]
        yield Finding("warning" if expected else "note", check, paths[0], f"{what}: left out ({names})")


def find_beside(words: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a note for each kind of map that lies beside masks and isn't one.

    Args:
        words: The word that says so of each picture, by its path.
    """
    kinds: dict[str, list[str]] = defaultdict(list)
    for path, word in words.items():
        kinds[word].append(path)
    for word, paths in kinds.items():
        if BACKGROUNDS.fullmatch(word):
            what = f"{counted(len(paths), 'picture')} of {word}, which show nothing that masks mark: not read"
            yield Finding("note", "backgrounds", paths[0], f"{what} (where they do, call the folder images)")
        else:
            what = f"{counted(len(paths), 'picture')} called {word} beside masks: not read"
            yield Finding("note", "beside-masks", paths[0], what)


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


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _article(partner: str) -> str:
    return f"an {partner}" if partner == "image" else f"a {partner}"
