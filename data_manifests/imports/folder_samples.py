"""The samples of a foreign folder: composites with their masks, depth maps, backgrounds and cut-outs, told by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.audit.linked_composites import Link, link_composites
from bgfg.data_manifests.audit.names import class_folders
from bgfg.data_manifests.audit.picture_entry import INSTANCE_KIND, PictureEntry
from bgfg.data_manifests.audit.recognition import is_picture_path
from bgfg.data_manifests.audit.tree import PictureTree, read_tree
from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.images.listing import natural_key
from bgfg.data_manifests.imports.export_lists import (
    INSTANCES_FILE,
    LABELS_FILE,
    ExportLists,
    ListedSample,
)
from bgfg.data_manifests.imports.foreign_set import (
    ForeignCamera,
    ForeignPicture,
    ForeignSample,
    ForeignSet,
    unique_names,
)
from bgfg.data_manifests.imports.given_splits import given_splits
from bgfg.data_manifests.imports.listed_objects import listed_objects
from bgfg.data_manifests.placement.variety_columns import VARIETY_COLUMNS
from bgfg.data_manifests.terminal.errors import Problem, counted, first_few

_UNREAD_FORMS = ("yolo", "mds", "parquet", "hdf5")


def folder_samples(root: Path) -> ForeignSet:
    """Find the samples of a folder, in whatever layout and naming `bgfg audit` recognises.

    Args:
        root: The folder; pictures in zip and tar files count too.

    Returns:
        The composites that have a mask, and what belongs to them.

    Raises:
        Problem: There are no composites, none has a mask, or two pictures are the same thing of one sample.
    """
    lists = ExportLists(root)
    _require_readable_form(root, lists.form)
    tree = read_tree(root)
    images = _in_order(tree.kinds["image"])
    if not images:
        line = f"{root}: no composites are recognised in it: `bgfg audit` says what is there"
        raise Problem(line, exit_code=2)
    masks, depths, instances = (_by_sample(root, tree, kind) for kind in ("mask", "depth", INSTANCE_KIND))
    with_mask = [entry for entry in images if entry.sample in masks]
    if not with_mask:
        there = counted(len(images), "composite")
        line = f"{root}: {there} and no mask of any: a corpus has a mask of each sample"
        where = "under the composites' names into a folder masks, or beside them as NAME_mask.png"
        raise Problem(f"{line}: put them {where}", exit_code=2)
    _require_one_each(root, with_mask)
    labels, cameras = lists.labels(), lists.cameras()
    folders = {} if labels else class_folders(tree.kinds["fg"])
    backgrounds, cutouts = (_pictures(_each_once(tree.kinds[kind]), labels, folders, cameras) for kind in ("bg", "fg"))
    names = unique_names(entry.path for entry in with_mask)
    splits = given_splits([entry.path for entry in with_mask])
    owners, label_of = _Owners(tree), _labels_by_name(labels)
    samples = []
    for entry, name, split in zip(with_mask, names, splits, strict=True):
        background, cutout, flipped = owners.of(entry)
        sample = entry.sample
        mask, depth, instance = (
            found[sample].path if sample in found else None for found in (masks, depths, instances)
        )
        label = cutouts[cutout].label if cutout is not None else label_of.get(_cutout_of(entry))
        samples.append(
            ForeignSample(name, entry.path, mask, depth, instance, background, cutout, flipped, split, label)
        )
    samples = _as_listed(samples, lists.samples(), backgrounds, cutouts)
    objects, classes = listed_objects(lists, samples, cutouts)
    notes = list(_notes(root, tree, images, with_mask, lists, classes))
    if folders and (unsaid := sum(sample.label is None for sample in samples)):
        whose = "name doesn't tell its" if unsaid == 1 else "names don't tell their"
        notes.append(f"{counted(unsaid, 'composite')} whose {whose} cut-out: of the class {DEFAULT_LABEL}")
    return ForeignSet(samples, backgrounds, cutouts, notes, lists.depth_scale_m, classes, objects)


def _as_listed(
    samples: Sequence[ForeignSample],
    listed: Mapping[str, ListedSample],
    backgrounds: Sequence[ForeignPicture],
    cutouts: Sequence[ForeignPicture],
) -> list[ForeignSample]:
    """Return samples with what an export lists of them, by the names of their composites.

    Splits of a list are taken where it has two and more: of one alone nothing could be validated or tested.
    """
    of_background, of_cutout = (
        {picture.path.rpartition("/")[2]: number for number, picture in enumerate(pictures)}
        for pictures in (backgrounds, cutouts)
    )
    found = []
    has_splits = len({told.split for told in listed.values()} - {None}) > 1
    for sample in samples:
        told = listed.get(sample.image.rpartition("/")[2])
        if told is None:
            found.append(sample)
            continue
        background, cutout = of_background.get(told.background), of_cutout.get(told.cutout)
        known = replace(sample, background=background, cutout=cutout, flipped=told.flipped)
        found.append(replace(known, split=told.split if has_splits else sample.split, label=told.label or sample.label))
    return found


def _require_readable_form(root: Path, form: str) -> None:
    """Raise Problem for a corpus, and for an export of bgfg in a form that has no mask files."""
    if (root / "manifest/corpus.json").exists():
        raise Problem(f"{root}: a corpus already: there is nothing to import", exit_code=2)
    if form in _UNREAD_FORMS:
        others = "folder, zips, webdataset or coco"
        raise Problem(f"{root}: an export --as {form}, which isn't read: export --as {others}", exit_code=2)


def _in_order(entries: Iterable[PictureEntry]) -> list[PictureEntry]:
    return sorted(entries, key=lambda entry: natural_key(entry.path))


def _by_sample(root: Path, tree: PictureTree, kind: str) -> dict[object, PictureEntry]:
    entries = tree.kinds[kind]
    _require_one_each(root, entries)
    return {entry.sample: entry for entry in entries}


def _require_one_each(root: Path, entries: Sequence[PictureEntry]) -> None:
    """Raise Problem where several pictures of a kind belong to one sample."""
    times = Counter(entry.sample for entry in entries)
    twice = [entry for entry in entries if times[entry.sample] > 1]
    if twice:
        same = [entry.path for entry in twice if entry.sample == twice[0].sample]
        raise Problem(
            f"{root}: {first_few(same, 3)} are each a {twice[0].kind} of one sample, by their names: move all but one "
            "away, or give the folder that holds the right ones",
            exit_code=2,
        )


def _pictures(
    entries: Iterable[PictureEntry],
    labels: Mapping[str, str],
    folders: Mapping[str, str],
    cameras: Mapping[str, ForeignCamera],
) -> list[ForeignPicture]:
    """Return pictures with their class by file name or by folder, and with their camera by file name."""
    ordered = list(entries)
    originals = {e.name.cutout: number for number, e in enumerate(ordered) if e.name and not e.name.flipped}
    names = unique_names(entry.path for entry in ordered)
    flip_of = [originals.get(e.name.cutout) if e.name and e.name.flipped else None for e in ordered]
    return [
        ForeignPicture(e.path, name, flip, labels.get(e.file, folders.get(e.folder)), cameras.get(e.file))
        for e, name, flip in zip(ordered, names, flip_of, strict=True)
    ]


def _labels_by_name(labels: Mapping[str, str]) -> dict[tuple[int | None, bool] | None, str]:
    """Return the class of each cut-out by what composites are named by: its number, and whether it is flipped."""
    parsed = ((parse_name(file), label) for file, label in labels.items())
    return {(found[0].cutout, found[0].flipped): label for found, label in parsed if found and found[0].kind == "fg"}


def _cutout_of(entry: PictureEntry) -> tuple[int | None, bool] | None:
    return None if entry.name is None else (entry.name.cutout, entry.name.flipped)


def _each_once(entries: Iterable[PictureEntry]) -> list[PictureEntry]:
    """Return backgrounds or cut-outs in order; of those that several archives have under one name, the first."""
    found: dict[object, PictureEntry] = {}
    for entry in _in_order(entries):
        found.setdefault(entry.path if entry.name is None else entry.sample, entry)
    return list(found.values())


class _Owners:
    """Whose composites are whose, by their names."""

    def __init__(self, tree: PictureTree) -> None:
        backgrounds, cutouts = (_each_once(tree.kinds[kind]) for kind in ("bg", "fg"))
        self._links: Mapping[PictureEntry, Link] = link_composites(tree.kinds)
        self._numbers = {e.path: number for of_kind in (backgrounds, cutouts) for number, e in enumerate(of_kind)}
        self._backgrounds = {e.name.background: number for number, e in enumerate(backgrounds) if e.name}
        self._cutouts = {(e.name.cutout, e.name.flipped): number for number, e in enumerate(cutouts) if e.name}

    def of(self, entry: PictureEntry) -> tuple[int | None, int | None, bool | None]:
        """Return the background, the cut-out and whether that is flipped of a composite, as far as names tell them."""
        if entry.name is None:
            link = self._links.get(entry)
            if link is None:
                return None, None, None
            return self._number(link.background), self._number(link.cutout), None
        cutout, flipped = entry.name.cutout, entry.name.flipped
        number = self._cutouts.get((cutout, flipped), self._cutouts.get((cutout, False)))
        return self._backgrounds.get(entry.name.background), number, flipped

    def _number(self, entry: PictureEntry | None) -> int | None:
        return None if entry is None else self._numbers.get(entry.path)


def _notes(
    root: Path,
    tree: PictureTree,
    images: Sequence[PictureEntry],
    with_mask: Sequence[PictureEntry],
    lists: ExportLists,
    classes: tuple[str, ...] | None,
) -> Iterable[str]:
    if without := len(images) - len(with_mask):
        kept = {entry.path for entry in with_mask}
        left = [entry.path for entry in images if entry.path not in kept]
        yield f"{counted(without, 'composite')} without a mask left out ({first_few(left, 3)})"
    if tree.issues:
        told = [f"{issue.path} ({issue.reason})" for issue in tree.issues]
        yield f"{counted(len(told), 'thing')} passed over: {first_few(told, 3)}"
    if untold := [path for path in tree.ignored if is_picture_path(path)]:
        what = f"{counted(len(untold), 'picture')} passed over"
        yield f"{what}, of which neither name nor folder says what they are: {first_few(untold, 3)}"
    if classes is None and (lists.classes or (root / LABELS_FILE).exists()):
        yield (
            "classes of cut-outs aren't taken in: those of COCO files are, which `bgfg export --as coco` writes, those "
            "of exports as folder or zips, and those of cut-outs in a folder for each class"
        )
    if lists.depth_in_arrays:
        yield "depth maps aren't taken in, for they are arrays: `bgfg export --depth-member png` writes pictures"
    if drawn := [name for name in lists.columns(INSTANCES_FILE) if name in VARIETY_COLUMNS]:
        yield f"not taken in of {INSTANCES_FILE}: {first_few(drawn)}, which are of those who composed the pictures"
