"""Checks of the names and the structure of a tree: all findings, not only the first.

No picture is opened here, so that 400,000 names take seconds; `contents` checks what is inside the files.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from bgfg.data_manifests.audit.convention import naming_findings
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, INSTANCE_KIND, PictureEntry, name_form
from bgfg.data_manifests.audit.tree import PictureTree
from bgfg.data_manifests.corpus.naming import KINDS, Name, NameWriter
from bgfg.data_manifests.terminal.errors import first_few
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
}

_ISSUE_SEVERITIES: dict[str, Severity] = {
    "unreadable": "error",
    "unsafe-member": "error",
    "not-a-file": "warning",
    "link": "warning",
}
_FORMS_SHOWN = 3
# Path of the archive that a picture lies in.
_ARCHIVE = re.compile(r".*?\.(?:zip|tar)/", re.IGNORECASE)


def audit_names(tree: PictureTree, known: AbstractSet[str] = frozenset(), partial: bool = False) -> Iterator[Finding]:
    """Check the names and the structure of a tree.

    Args:
        tree: The tree.
        known: Files that belong there though their names tell nothing.
        partial: The tree is a chosen part of a corpus (a split, a range), so that gaps in its numbers and missing
            placements are no finding.

    Yields:
        The findings.
    """
    forms = {kind: [name_form(entry) for entry in entries] for kind, entries in tree.kinds.items()}
    yield from _recognised(tree, forms, known)
    yield from (Finding(_ISSUE_SEVERITIES[t.check], t.check, t.path, t.reason) for t in tree.issues)
    names = name_writer_of(tree)
    for kind in KINDS:
        yield from naming_findings(kind, KIND_LABELS[kind], tree.kinds[kind], forms[kind], names)
    yield from _duplicates(tree)
    yield from _partners(tree)
    yield from _sources(tree)
    if not partial:
        yield from _gaps(tree, names)
        yield from _counts(tree, names)


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
            common = ", ".join(text for text, _ in counted.most_common(_FORMS_SHOWN))
            more = f" and {len(counted) - _FORMS_SHOWN} other forms" if len(counted) > _FORMS_SHOWN else ""
            yield Finding("note", "recognised", ".", f"{_count_text(len(written), kind)}, named like {common}{more}")
    if not any(tree.kinds.values()):
        yield Finding("error", "nothing-recognised", ".", "no picture here has a name or a folder that says what it is")
    archives = archives_in(tree)
    for path in tree.ignored:
        if path not in known and path not in archives:
            yield Finding("note", "ignored", path, "no picture, or neither its name nor its folder says of what")


def _duplicates(tree: PictureTree) -> Iterator[Finding]:
    """Find pairs of files that stand for the same picture, in two spellings or in two folders."""
    for kind in KINDS:
        first: dict[object, str] = {}
        for entry in tree.kinds[kind]:
            before = first.setdefault(_identity(entry), entry.path)
            if before != entry.path:
                yield Finding(
                    "error", "duplicate-name", entry.path, f"stands for the same {KIND_LABELS[kind]} as {before}"
                )


def _identity(entry: PictureEntry) -> object:
    """Return what no two pictures of a kind may share. Each pack of an export has its own copies of the assets."""
    if entry.name is None:
        return entry.folder, entry.file.rpartition(".")[0].lower()
    if entry.name.placement is None and (pack := _ARCHIVE.match(entry.path)):
        return pack[0], entry.sample
    return entry.sample


def _partners(tree: PictureTree) -> Iterator[Finding]:
    """Find composites, masks and depth maps without one another, and cut-outs and their masks likewise."""
    samples = {kind: {entry.sample: entry.path for entry in entries} for kind, entries in tree.kinds.items()}
    for whole, partner in (("image", "mask"), ("image", "depth"), ("image", INSTANCE_KIND), ("fg", "fg_mask")):
        if samples[whole] and samples[partner]:
            for path in _missing(samples[whole], samples[partner]):
                yield Finding(
                    "error", f"missing-{partner}", path, f"a {KIND_LABELS[whole]} without its {KIND_LABELS[partner]}"
                )
            for path in _missing(samples[partner], samples[whole]):
                yield Finding(
                    "error", f"missing-{whole}", path, f"a {KIND_LABELS[partner]} without its {KIND_LABELS[whole]}"
                )
        elif samples["image"] and partner in ("mask", "depth"):
            yield Finding("note", "kind-absent", ".", f"there are no {KIND_LABELS[partner]}s here at all")
    if not samples["image"] and (samples["mask"] or samples["depth"]):
        yield Finding("note", "kind-absent", ".", "there are no composites here at all")


def _missing(have: dict[object, str], partners: dict[object, str]) -> list[str]:
    return [path for sample, path in have.items() if sample not in partners]


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


def _gaps(tree: PictureTree, names: NameWriter) -> Iterator[Finding]:
    """Find numbers that are left out between the first and the last of a kind."""
    for kind in ("bg", "fg"):
        found = [entry.name for entry in tree.kinds[kind] if entry.name]
        numbers = {name.background if kind == "bg" else name.cutout for name in found}
        left_out = sorted(set(range(max((n for n in numbers if n is not None), default=-1))) - numbers)
        if left_out:
            asked = [Name("bg", background=n) if kind == "bg" else Name("fg", cutout=n) for n in left_out]
            written = first_few([names.write(name) for name in asked])
            yield Finding("warning", "numbering-gap", ".", f"{KIND_LABELS[kind]}s are numbered with gaps: no {written}")
    for kind in ("bg", "fg", "image"):
        yield from _foreign_gaps(kind, [entry for entry in tree.kinds[kind] if entry.name is None])


def _foreign_gaps(kind: str, entries: Sequence[PictureEntry]) -> Iterator[Finding]:
    """Find numbers that are left out in names of other conventions which differ in one number alone."""
    series: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for entry in entries:
        numbers = [word for word in entry.key[-1] if isinstance(word, int)]
        if len(numbers) == 1 and entry.number is not None:
            series[entry.folder, name_form(entry).strip("0123456789"), len(entry.key[-1])].append(numbers[0])
    # Where more numbers are left out than there are, they are no series: dates, say, or years.
    for (folder, _, _), found in series.items():
        left_out = sorted(set(range(min(found), max(found))) - set(found))
        if left_out and len(left_out) < len(found):
            message = f"{KIND_LABELS[kind]}s are numbered with gaps: no {first_few(left_out)}"
            yield Finding("warning", "numbering-gap", folder or ".", message)


def _counts(tree: PictureTree, names: NameWriter) -> Iterator[Finding]:
    """Find missing and surplus composites: each background with each cut-out should have the same placements."""
    # A block is a background with a cut-out or its flip; its placements are counted.
    blocks: dict[tuple[int | None, int | None, bool], set[int | None]] = defaultdict(set)
    for entry in tree.kinds["image"]:
        if entry.name:
            blocks[entry.name.background, entry.name.cutout, entry.name.flipped].add(entry.name.placement)
    found = [k for of_block in blocks.values() for k in of_block]
    times = Counter(found)
    placements = {k for k in times if 2 * times[k] >= len(blocks)} or set(times)  # what most blocks have is the plan
    backgrounds, cutouts = sorted({b or 0 for b, _, _ in blocks}), sorted({(c or 0, flip) for _, c, flip in blocks})
    expected = len(backgrounds) * len(cutouts) * len(placements)
    beyond = [entry for entry in tree.kinds["image"] if entry.name and entry.name.placement not in placements]
    if len(found) == expected and not beyond:
        return
    plan = f"{len(backgrounds)} backgrounds x {len(cutouts)} cut-outs (flips counted) x {len(placements)} placements"
    yield Finding("error", "count", ".", f"{len(found):,} composites, where {plan} make {expected:,}")
    for entry in beyond:
        yield Finding("error", "beyond-plan", entry.path, "a placement that most cut-outs on most backgrounds haven't")
    for b in backgrounds:
        for c, flipped in cutouts:
            left_out = sorted(k for k in placements - blocks[b, c, flipped] if k is not None)
            if left_out:
                written = first_few([names.write(Name("image", b, c, flipped, k)) for k in left_out])
                yield Finding("error", "missing-image", written, "left out, where other blocks of the plan have it")


def _count_text(count: int, kind: str) -> str:
    first, _, rest = KIND_LABELS[kind].partition(" of ")
    return f"{count:,} {first}{'s' * (count != 1)}{' of backgrounds' if rest else ''}"
