"""Every check of names and structure -> findings with a severity: all of them, not the first.

No picture is opened here, so that 400,000 names take seconds; what is inside the files is for `contents.py`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from data_manifests.findings import Finding, Severity
from data_manifests.naming import KINDS, Name, Names
from data_manifests.problem import few
from data_manifests.tree import BACKGROUND_DEPTH, Entry, Tree, form, forms

LABELS = {
    "bg": "background",
    "fg": "cut-out",
    "fg_mask": "cut-out mask",
    "image": "composite",
    "mask": "composite mask",
    "depth": "depth map",
    BACKGROUND_DEPTH: "depth map of a background",
}

_TROUBLES: dict[str, Severity] = {
    "unreadable": "error",
    "unsafe-member": "error",
    "not-a-file": "warning",
    "link": "warning",
}
_FORMS_SHOWN = 3
_ARCHIVE = re.compile(r".*?\.(?:zip|tar)/", re.IGNORECASE)


def audit_names(tree: Tree, known: AbstractSet[str] = frozenset(), partial: bool = False) -> Iterator[Finding]:
    """Yield what the names and the structure of a tree show.

    known: files that are what they should be though their names say nothing. partial: the tree is a chosen part of a
    corpus (a split, a range), so that gaps in its numbers and missing placements are no finding.
    """
    yield from _recognised(tree, known)
    yield from (Finding(_TROUBLES[t.check], t.check, t.path, t.reason) for t in tree.troubles)
    names = names_of(tree)
    yield from _deviations(tree, names)
    yield from _duplicates(tree)
    yield from _partners(tree)
    yield from _sources(tree)
    if not partial:
        yield from _gaps(tree, names)
        yield from _counts(tree, names)


def names_of(tree: Tree) -> Names:
    """Return the writer of the names that this tree should have, from its largest numbers."""
    found = [entry.name for entry in tree if entry.name is not None]
    return Names(
        1 + max((name.background for name in found if name.background is not None), default=-1),
        1 + max((name.cutout for name in found if name.cutout is not None), default=-1),
        1 + max((name.placement for name in found if name.placement is not None), default=-1),
    )


def _recognised(tree: Tree, known: AbstractSet[str]) -> Iterator[Finding]:
    for kind, entries in tree.kinds.items():
        if entries:
            counted = forms(entries)
            common = ", ".join(text for text, _ in counted.most_common(_FORMS_SHOWN))
            more = f" and {len(counted) - _FORMS_SHOWN} other forms" if len(counted) > _FORMS_SHOWN else ""
            yield Finding("note", "recognised", ".", f"{_many(len(entries), kind)}, named like {common}{more}")
    if not any(tree.kinds.values()):
        yield Finding("error", "nothing-recognised", ".", "no picture here has a name or a folder that says what it is")
    for path in tree.ignored:
        if path not in known:
            yield Finding("note", "ignored", path, "neither its name nor its folder says what it is")


def _deviations(tree: Tree, names: Names) -> Iterator[Finding]:
    """Names that aren't of the grammar, and names that are written otherwise than the others of their kind."""
    for kind in KINDS:
        entries = tree.kinds[kind]
        counted = forms([entry for entry in entries if not entry.deviations])
        usual, times = counted.most_common(1)[0] if counted else ("", 0)
        for entry in entries:
            if entry.deviations:
                proposed = f"; the grammar has {names.write(entry.name)}" if entry.name else ""
                yield Finding("warning", "name", entry.path, f"{', '.join(entry.deviations)}{proposed}")
            elif len(counted) > 1 and form(entry) != usual:
                message = f"written otherwise than {times:,} others, which are like {usual}"
                yield Finding("warning", "name", entry.path, message)


def _duplicates(tree: Tree) -> Iterator[Finding]:
    """Two files that stand for the same picture, in two spellings or in two folders."""
    for kind in KINDS:
        first: dict[object, str] = {}
        for entry in tree.kinds[kind]:
            before = first.setdefault(_identity(entry), entry.path)
            if before != entry.path:
                yield Finding("error", "duplicate-name", entry.path, f"stands for the same {LABELS[kind]} as {before}")


def _identity(entry: Entry) -> object:
    """Return what no two pictures of a kind may share. Each pack of a corpus brings its own backgrounds."""
    if entry.name is None:
        return entry.folder, entry.file.rpartition(".")[0]
    if entry.name.placement is None and (pack := _ARCHIVE.match(entry.path)):
        return pack[0], entry.sample
    return entry.sample


def _partners(tree: Tree) -> Iterator[Finding]:
    """Composite, mask and depth must come together; and so must a cut-out and its mask."""
    samples = {kind: {entry.sample: entry.path for entry in tree.kinds[kind]} for kind in KINDS}
    for whole, partner in (("image", "mask"), ("image", "depth"), ("fg", "fg_mask")):
        if samples[whole] and samples[partner]:
            for path in _missing(samples[whole], samples[partner]):
                yield Finding("error", f"missing-{partner}", path, f"a {LABELS[whole]} without its {LABELS[partner]}")
            for path in _missing(samples[partner], samples[whole]):
                yield Finding("error", f"missing-{whole}", path, f"a {LABELS[partner]} without its {LABELS[whole]}")
        elif samples["image"] and partner != "fg_mask":
            yield Finding("note", "kind-absent", ".", f"there are no {LABELS[partner]}s here at all")
    if not samples["image"] and (samples["mask"] or samples["depth"]):
        yield Finding("note", "kind-absent", ".", "there are no composites here at all")


def _missing(have: dict[object, str], partners: dict[object, str]) -> list[str]:
    return [path for sample, path in have.items() if sample not in partners]


def _sources(tree: Tree) -> Iterator[Finding]:
    """Composites of a background or a cut-out that isn't among those that are here."""
    backgrounds = {e.name.background for e in tree.kinds["bg"] if e.name}
    cutouts = {(e.name.cutout, e.name.flipped) for e in tree.kinds["fg"] if e.name}
    with_flips = any(flipped for _, flipped in cutouts)
    for entry in tree.kinds["image"]:
        name = entry.name
        if name is None:
            continue
        if backgrounds and name.background not in backgrounds:
            yield Finding("error", "missing-bg", entry.path, "composed on a background that isn't here")
        if cutouts and (name.cutout, name.flipped and with_flips) not in cutouts:
            yield Finding("error", "missing-fg", entry.path, "composed of a cut-out that isn't here")


def _gaps(tree: Tree, names: Names) -> Iterator[Finding]:
    """Numbers left out between the first and the last of a kind."""
    for kind in ("bg", "fg"):
        found = [entry.name for entry in tree.kinds[kind] if entry.name]
        numbers = {name.background if kind == "bg" else name.cutout for name in found}
        left_out = sorted(set(range(max((n for n in numbers if n is not None), default=-1))) - numbers)
        if left_out:
            asked = [Name("bg", background=n) if kind == "bg" else Name("fg", cutout=n) for n in left_out]
            written = few([names.write(name) for name in asked])
            yield Finding("warning", "numbering-gap", ".", f"{LABELS[kind]}s are numbered with gaps: no {written}")


def _counts(tree: Tree, names: Names) -> Iterator[Finding]:
    """Each background with each cut-out has the same placements, and none of these blocks is left out."""
    blocks: dict[tuple[int | None, int | None, bool], set[int | None]] = defaultdict(set)
    for entry in tree.kinds["image"]:
        if entry.name:
            blocks[entry.name.background, entry.name.cutout, entry.name.flipped].add(entry.name.placement)
    placements = set().union(*blocks.values())
    backgrounds, cutouts = sorted({b or 0 for b, _, _ in blocks}), sorted({(c or 0, flip) for _, c, flip in blocks})
    expected, found = len(backgrounds) * len(cutouts) * len(placements), sum(map(len, blocks.values()))
    if found == expected:
        return
    plan = f"{len(backgrounds)} backgrounds x {len(cutouts)} cut-outs (flips counted) x {len(placements)} placements"
    yield Finding("error", "count", ".", f"{found:,} composites, where {plan} make {expected:,}")
    for b in backgrounds:
        for c, flipped in cutouts:
            left_out = sorted(k for k in placements - blocks[b, c, flipped] if k is not None)
            if left_out:
                written = few([names.write(Name("image", b, c, flipped, k)) for k in left_out])
                yield Finding("error", "missing-image", written, "left out, where other blocks of the plan have it")


def _many(count: int, kind: str) -> str:
    first, _, rest = LABELS[kind].partition(" of ")
    return f"{count:,} {first}{'s' * (count != 1)}{' of backgrounds' if rest else ''}"
