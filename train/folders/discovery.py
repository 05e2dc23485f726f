"""Discovery of image-mask pairs in a folder, by its layout and the names of its files; no file is opened.

a folder     images and masks in sub-folders of any depth, or mixed in one, matched by name: `images/7.jpg` with
             `masks/7.png`, `img_7.jpg` with `mask_7.png`, `7.jpg` with `7.png`, `train/images/7.jpg` with
             `train/masks/7_mask.png`
Pets         Oxford-IIIT Pets as its authors' two archives unpack: images/, annotations/trimaps/, trainval.txt, test.txt
AISegment    AISegment.com Matting Human as it unpacks: clip_img/DAY/clip_N/*.jpg, matting/DAY/matting_N/*.png
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bgfg.data_manifests.corpus.manifest_file import OTHER_FOLDERS, no_corpus
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.images.listing import natural_key
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, counted
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.train.folders.name_groups import group_by_name
from bgfg.train.folders.named_file import PICTURE_SUFFIXES, split_of
from bgfg.train.folders.pairing import pair_files
from bgfg.train.folders.partners import Partners, find_partners

FOLDER_SPLITS = ("train", "val", "test")

# Suffixes of outlines and boxes in words, of COCO, Supervisely, LabelMe and others.
_ANNOTATIONS = (".json", ".xml")
# Suffixes of arrays, which may be masks, and aren't read as such.
_ARRAYS = (".npy", ".npz", ".mat")


@dataclass(frozen=True)
class ImageMaskPair:
    """A picture and its mask.

    Attributes:
        image: Path of the picture from the folder on, with slashes.
        mask: Path of the mask from the folder on, with slashes.
        group: Name of what must stay in one split, such as the frames of one clip.
        split: Of FOLDER_SPLITS, None where the data don't say.
        folder: Folders that both lie in, without those that tell them apart, of the layout "folder".
        name: What both are called, of the layout "folder".
    """

    image: str
    mask: str
    group: str
    split: str | None = None
    folder: str = ""
    name: str = ""


@dataclass(frozen=True)
class FolderLayout:
    """What a folder was recognised as.

    Attributes:
        name: "folder", "pets" or "aisegment".
        description: The same in words.
        pairs: The pairs, in natural order.
        findings: Files that belong to no pair.
        partners: Second shots and depth maps of the pictures.
    """

    name: str
    description: str
    pairs: tuple[ImageMaskPair, ...]
    findings: tuple[Finding, ...]
    partners: Partners = field(default_factory=Partners)


def is_folder_of_pairs(location: str | Path) -> bool:
    """Say whether a location is a folder other than a corpus."""
    path = Path(location)
    return path.is_dir() and not (path / "manifest" / "corpus.json").exists()


def recognise_layout(path: Path) -> FolderLayout:
    """Recognise a folder by its layout; raise Problem (exit code 2) where there is no pair in it."""
    if not path.is_dir():
        raise Problem(f"{path}: no such folder: give a folder of images and masks", exit_code=2)
    if not is_folder_of_pairs(path):
        raise Problem(f"{path}: is a corpus of bgfg: {bgfg_command('audit', path)} says what it is", exit_code=2)
    if (path / "images").is_dir() and (path / "annotations" / "trimaps").is_dir():
        layout = _pets(path)
    elif (path / "clip_img").is_dir() and (path / "matting").is_dir():
        layout = _aisegment(path)
    else:
        layout = _plain(path)
    if not layout.pairs:
        if any((path / file).is_file() for file in OTHER_FOLDERS):
            raise no_corpus(path / "manifest" / "corpus.json")
        raise Problem(f"{path}: holds {_why_no_pair(path, layout.findings)}", exit_code=2)
    return layout


def _why_no_pair(path: Path, findings: Iterable[Finding]) -> str:
    """Return what a folder without a pair holds, and what helps."""
    wanted = "give a corpus of bgfg, or a folder of images and masks, such as images/7.jpg with masks/7.png"
    count, told = len(_files(path)), {finding.check: finding for finding in findings}
    if not count:
        return f"no pictures: {wanted}"
    if "ambiguous" in told:
        why = told["ambiguous"].message.removesuffix(": left out")
        return f"{counted(count, 'picture')} and no image with one mask, as {why}: move away what isn't a mask"
    what = f"{counted(count, 'picture')} and no image with a mask"
    for check in ("several-masks", "backgrounds"):
        if check in told:
            return f"{what}: {told[check].path}: {told[check].message.removesuffix(': left out')}"
    if "beside-masks" in told:
        what += f" ({told['beside-masks'].message.removesuffix(' beside masks: not read')}, not read as masks)"
    if "arrays" in told:
        return f"{what}; {told['arrays'].message}"
    files = next((f"*{suffix}" for suffix in _ANNOTATIONS if any(path.rglob(f"*{suffix}"))), None)
    if files is not None:
        return f"{what}; annotations such as {files} aren't read: export them as masks, and {wanted}"
    return f"{what}: {wanted}"


def _pets(path: Path) -> FolderLayout:
    """Read Oxford-IIIT Pets, with the authors' lists if they are there; pairs in no list have no split."""
    splits = dict.fromkeys(_listed(path / "annotations" / "test.txt"), "test")
    splits |= dict.fromkeys(_listed(path / "annotations" / "trainval.txt"), "train")
    images = {_stem(file): f"images/{file}" for file in _files(path / "images")}
    masks = {_stem(file): f"annotations/trimaps/{file}" for file in _files(path / "annotations" / "trimaps")}
    pairs = [ImageMaskPair(images[name], masks[name], name, splits.get(name)) for name in images.keys() & masks.keys()]
    missing = splits.keys() - images.keys()
    gone = [Finding("warning", "listed", name, "in a list of the split, and not in images/") for name in missing]
    lists = "the authors' split" if splits else "without the authors' lists"
    about = f"Oxford-IIIT Pets, trimaps of pet, background and outline, {lists}"
    return FolderLayout("pets", about, _sorted(pairs), (*_orphans(images, masks), *gone))


def _listed(path: Path) -> list[str]:
    """Return the names in a list of the authors: the first word of each line."""
    try:
        lines = read_regular(path).decode("utf-8").splitlines() if path.is_file() else []
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: no list of names in UTF-8: replace it with a whole copy, or move it away") from error
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def _aisegment(path: Path) -> FolderLayout:
    images, masks = (
        {_clip_key(file): f"{folder}/{file}" for file in _files(path / folder)} for folder in ("clip_img", "matting")
    )
    pairs = [ImageMaskPair(images[key], masks[key], key.rpartition("/")[0]) for key in images.keys() & masks.keys()]
    clips = len({pair.group for pair in pairs})
    about = f"AISegment Matting Human, {clips} clips, mattes in the alpha channel"
    return FolderLayout("aisegment", about, _sorted(pairs), tuple(_orphans(images, masks)))


def _clip_key(file: str) -> str:
    """Return DAY/N/NAME of DAY/clip_N/NAME.jpg and of DAY/matting_N/NAME.png."""
    parts = PurePosixPath(file).parts
    return "/".join([*(part.removeprefix("clip_").removeprefix("matting_") for part in parts[:-1]), _stem(parts[-1])])


def _plain(path: Path) -> FolderLayout:
    files = _files(path)
    found, findings = pair_files(files)
    unpaired = set(files).difference(*((pair.image, pair.mask) for pair in found))
    partners = find_partners([pair.image for pair in found], sorted(unpaired, key=natural_key))
    used = {*partners.second_shots.values(), *partners.depth_maps.values()}
    findings = [
        *(finding for finding in findings if finding.path not in used),  # else said to be read by nothing
        *_array_findings(path, unpaired),
        *partners.findings(len(found)),
    ]
    groups = plain_groups([(pair.folder, pair.name) for pair in found])
    pairs = [
        ImageMaskPair(pair.image, pair.mask, group, _split(pair.folder), pair.folder, pair.name)
        for pair, group in zip(found, groups, strict=True)
    ]
    return FolderLayout("folder", "images and masks matched by name", _sorted(pairs), tuple(findings), partners)


def _array_findings(path: Path, unpaired: Collection[str]) -> list[Finding]:
    """Warn of arrays that are called as pictures without a partner are."""
    stems = set(map(_stem, unpaired))
    arrays = sorted(_files(path, _ARRAYS), key=natural_key) if stems else []
    masks = [file for file in arrays if _stem(file) in stems]
    if not masks:
        return []
    message = (
        f"arrays such as {masks[0]} ({len(masks):,} in all) aren't read as masks: save them as PNG, of 8 or 16 bits"
    )
    return [Finding("warning", "arrays", masks[0], message)]


def plain_groups(pictures: Sequence[tuple[str, str]], no_clips: Collection[str] = ()) -> list[str]:
    """Return for each picture of a folder the name of what must stay in one split with it, by names alone.

    Args:
        pictures: Folder and name of each.
        no_clips: Folders that aren't clips, though their pictures are numbered; those of splits never are.
    """
    splits = {folder for folder, _ in pictures if _split(folder.rpartition("/")[2])}
    return group_by_name(pictures, {*splits, *no_clips})


def _split(folder: str) -> str | None:
    """Return the split that one of the folders names, with or without a year, as `train2017` does."""
    return next(filter(None, map(split_of, folder.split("/"))), None)


def _orphans(images: dict[str, str], masks: dict[str, str]) -> Iterator[Finding]:
    for name in images.keys() - masks.keys():
        yield Finding("warning", "orphan-image", images[name], "no mask has this name: left out")
    for name in masks.keys() - images.keys():
        yield Finding("warning", "orphan-mask", masks[name], "no image has this name: left out")


def _sorted(pairs: Iterable[ImageMaskPair]) -> tuple[ImageMaskPair, ...]:
    return tuple(sorted(pairs, key=lambda pair: natural_key(pair.image)))


def _stem(file: str) -> str:
    return os.path.splitext(PurePosixPath(file).name)[0]


def _files(folder: Path, suffixes: Collection[str] = PICTURE_SUFFIXES) -> list[str]:
    """Return the pictures of a folder and of all below, but for hidden ones, such as the `._name` of macOS."""
    found = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        within = Path(at).relative_to(folder)
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:
                found.append((within / name).as_posix())
    return found
