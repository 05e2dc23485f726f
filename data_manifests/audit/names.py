"""Checks of the names and the structure of a tree: all findings, not only the first.

No picture is opened here, so that 400,000 names take seconds; `contents` checks what is inside the files.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from bgfg.data_manifests.audit.convention import naming_findings
from bgfg.data_manifests.audit.gaps import find_gaps
from bgfg.data_manifests.audit.linked_composites import find_missing_links, link_composites
from bgfg.data_manifests.audit.members import folder_of_tests
from bgfg.data_manifests.audit.picture_entry import (
    BACKGROUND_DEPTH,
    INSTANCE_KIND,
    NORMAL_KIND,
    PictureEntry,
    name_form,
)
from bgfg.data_manifests.audit.plan_counts import count_findings
from bgfg.data_manifests.audit.recognition import folder_kind
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.corpus.naming import KINDS, NameWriter
from bgfg.data_manifests.images.class_folders import class_label, doubt_of_names
from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.findings import Finding, Severity

KIND_LABELS = {
    "bg": "background",
    "fg": "cut-out",
    "fg_mask": "cut-out mask",
    "image": "composite",
    "mask": "composite mask",
    "depth": "depth map",
    BACKGROUND_DEPTH: "depth map of a background",
    INSTANCE_KIND: "picture of instances",
    NORMAL_KIND: "normal map",
}
_PLURALS = {BACKGROUND_DEPTH: "depth maps of backgrounds", INSTANCE_KIND: "pictures of instances"}

_ISSUE_SEVERITIES: dict[str, Severity] = {
    "unreadable": "error",
    "unsafe-member": "error",
    "not-a-file": "warning",
    "link": "warning",
    "not-a-member": "note",
}
_FORMS_SHOWN = 3
# Path of the archive that a picture lies in.
_ARCHIVE = re.compile(r".*?\.(?:zip|tar)/", re.IGNORECASE)


def audit_names(
    tree: PictureTree, known: AbstractSet[str] = frozenset(), partial: bool = False, annotations: Sequence[str] = ()
) -> Iterator[Finding]:
    """Check the names and the structure of a tree.

    Args:
        tree: The tree.
        known: Files that belong there though their names tell nothing.
        partial: The tree is a chosen part of a corpus (a split, a range), so that gaps in its numbers and missing
            placements are no finding.
        annotations: COCO files beside the pictures, which may have the masks of composites.

    Yields:
        The findings.
    """
    forms = {kind: [name_form(entry) for entry in entries] for kind, entries in tree.kinds.items()}
    if not any(tree.kinds.values()) and not annotations:
        yield Finding("error", "nothing-recognised", ".", "no picture here has a name or a folder that says what it is")
    yield from _recognised(tree, forms, known)
    yield from (Finding(_ISSUE_SEVERITIES[t.check], t.check, t.path, t.reason) for t in tree.issues)
    names = name_writer_of(tree)
    for kind in KINDS:
        yield from naming_findings(kind, KIND_LABELS[kind], tree.kinds[kind], forms[kind], names)
    yield from _duplicates(tree)
    yield from _partners(tree, annotations)
    yield from _sources(tree)
    if not partial:
        for kind in ("bg", "fg", "image"):
            yield from find_gaps(kind, KIND_LABELS[kind], tree.kinds[kind])
        yield from count_findings(tree.kinds["image"], names)
        yield from find_missing_links(link_composites(tree.kinds))


def archives_in(tree: PictureTree) -> set[str]:
    """Return the zip and tar files in which pictures were recognised."""
    return {pack[0].rstrip("/") for entry in tree if (pack := _ARCHIVE.match(entry.path))}


def name_writer_of(tree: PictureTree) -> NameWriter:
    """Return the writer of the canonical names of a tree, whose largest numbers tell how many digits they have."""
    found = [entry.name for entry in tree if entry.name is not None]
    return NameWriter(
        1 + max((name.background for name in found if name.background is not None), default=-1),
        1 + max((name.cutout for name in found if name.cutout is not None), default=-1),
        1 + max((name.placement for name in found if name.placement is not None), default=-1),
    )


def _recognised(tree: PictureTree, forms: Mapping[str, list[str]], known: AbstractSet[str]) -> Iterator[Finding]:
    for kind, written in forms.items():
        if written:
            counted = Counter(written)
            examples = {
                form: entry.file for entry, form in zip(reversed(tree.kinds[kind]), reversed(written), strict=True)
            }
            common = ", ".join(examples[form] for form, _ in counted.most_common(_FORMS_SHOWN))
            more = f" and {len(counted) - _FORMS_SHOWN} other forms" if len(counted) > _FORMS_SHOWN else ""
            yield Finding("note", "recognised", ".", f"{_count_text(len(written), kind)}, named like {common}{more}")
    if classes := class_folders(tree.kinds["fg"]):
        counts = Counter(classes[entry.folder] for entry in tree.kinds["fg"])
        told = ", ".join(f"{label} {count:,}" for label, count in sorted(counts.items()))
        yield Finding("note", "classes", ".", f"cut-outs in folders of classes: {told}")
    archives = archives_in(tree)
    for path in tree.ignored:
        if path not in known and path not in archives:
            yield Finding("note", "ignored", path, "no picture, or neither its name nor its folder says of what")


def _duplicates(tree: PictureTree) -> Iterator[Finding]:
    """Find pairs of files that stand for the same picture, in two spellings or in two folders."""
    classes = class_folders(tree.kinds["fg"])
    for kind in KINDS:
        first: dict[object, str] = {}
        for entry in tree.kinds[kind]:
            of_class = classes.get(entry.folder) if kind == "fg" else None
            before = first.setdefault((of_class, _identity(entry)), entry.path)
            if before != entry.path:
                yield Finding(
                    "error", "duplicate-name", entry.path, f"stands for the same {KIND_LABELS[kind]} as {before}"
                )


def class_folders(cutouts: Sequence[PictureEntry]) -> dict[str, str]:
    """Return the class of each folder of cut-outs, where these are sorted into classes as `bgfg plan` reads them.

    Then there are several sub-folders of one folder, no cut-outs beside them, and their names say nothing else.
    """
    folders = {entry.folder: PurePosixPath("/", entry.folder) for entry in cutouts}
    if len(folders) < 2:
        return {}
    common = os.path.commonpath(folders.values())
    inside = {folder: path.relative_to(common).parts for folder, path in folders.items()}
    if not all(inside.values()):
        return {}
    classes = {folder: class_label(parts[0]) for folder, parts in inside.items()}
    names = sorted(set(classes.values()))
    is_plain = not doubt_of_names(names) and all(folder_kind(name) is None for name in names)
    return classes if is_plain else {}


def _identity(entry: PictureEntry) -> object:
    """Return what no two pictures of a kind may share. Each pack of an export has its own copies of the assets."""
    if entry.name is None:
        return entry.folder, entry.file.rpartition(".")[0].lower()
    if entry.name.placement is None and (pack := _ARCHIVE.match(entry.path)):
        return pack[0], entry.sample
    return entry.sample


def _partners(tree: PictureTree, annotations: Sequence[str]) -> Iterator[Finding]:
    """Find composites, masks and depth maps without one another, and cut-outs and their masks likewise."""
    samples = {kind: {entry.sample: entry for entry in entries} for kind, entries in tree.kinds.items()}
    for whole, partner in (
        ("image", "mask"),
        ("image", "depth"),
        ("image", INSTANCE_KIND),
        ("image", NORMAL_KIND),
        ("fg", "fg_mask"),
    ):
        if samples[whole] and samples[partner]:
            yield from _without_partner(whole, samples[whole], partner, samples[partner])
            yield from _without_partner(partner, samples[partner], whole, samples[whole])
        elif samples["image"] and partner == "mask" and annotations:
            message = f"no composite mask is a picture: annotations are in {first_few(annotations, 3)}"
            yield Finding("note", "kind-absent", ".", message)
        elif samples["image"] and partner in ("mask", "depth"):
            yield Finding("note", "kind-absent", ".", f"there are no {KIND_LABELS[partner]}s here at all")
    if not samples["image"] and (samples["mask"] or samples["depth"]):
        yield Finding("note", "kind-absent", ".", "there are no composites here at all")


def _without_partner(
    kind: str, have: Mapping[object, PictureEntry], partner: str, partners: Mapping[object, PictureEntry]
) -> Iterator[Finding]:
    """Find pictures of a kind whose partners of another are missing: one by one, or a whole split that has none."""
    alone = [entry for sample, entry in have.items() if sample not in partners]
    if kind in ("fg", "fg_mask") and not any(entry.name and entry.name.flipped for entry in partners.values()):
        alone = [entry for entry in alone if not (entry.name and entry.name.flipped)]  # flips are made of the others
    tests = Counter(folder for entry in alone if (folder := folder_of_tests(entry.folder)))
    paired = Counter(folder for e in have.values() if e.sample in partners and (folder := folder_of_tests(e.folder)))
    for folder in sorted(tests.keys() - paired.keys()):
        message = f"{counted(tests[folder], KIND_LABELS[kind])} here, none with its {KIND_LABELS[partner]}"
        yield Finding("note", "kind-absent", folder, f"{message}: taken for a test split without it")
    for entry in alone:
        folder = folder_of_tests(entry.folder)
        if folder is None or folder in paired:
            message = f"a {KIND_LABELS[kind]} without its {KIND_LABELS[partner]}"
            yield Finding("error", f"missing-{partner}", entry.path, message)


def _sources(tree: PictureTree) -> Iterator[Finding]:
    """Find composites of a background or a cut-out that isn't here, where there are others of that kind."""
    backgrounds = {e.name.background for e in tree.kinds["bg"] if e.name}
    cutouts = {(e.name.cutout, e.name.flipped) for e in tree.kinds["fg"] if e.name}
    # Where no flip is here as a file, composites of flips are made of the originals.
    with_flips = any(flipped for _, flipped in cutouts)
    for entry in tree.kinds["image"]:
        name = entry.name
        if name is None:
            continue
        if backgrounds and name.background not in backgrounds:
            yield Finding("error", "missing-bg", entry.path, "composed on a background that isn't here")
        if cutouts and (name.cutout, name.flipped and with_flips) not in cutouts:
            yield Finding("error", "missing-fg", entry.path, "composed of a cut-out that isn't here")


def _count_text(count: int, kind: str) -> str:
    label = KIND_LABELS[kind]
    return f"{count:,} {label if count == 1 else _PLURALS.get(kind, f'{label}s')}"
