"""Pictures that lie in a data set without being of it: overview strips, contact sheets, and folders of trials.

A word such as "overview" or "test" is a hint alone. A picture that has its partners is a member whatever it is called,
and so is a folder `test` beside a folder `train`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from bgfg.data_manifests.audit.picture_entry import PictureEntry

Kinds = Mapping[str, list[PictureEntry]]

_WORD = re.compile(r"[^\W\d_]+")
_SHOWN = frozenset(
    word
    for line in (
        "overview overviews strip strips sheet sheets contact montage montages collage collages mosaic gallery preview",
        "previews thumbnail thumbnails thumb thumbs sample samples example examples demo demos banner readme logo",
        "teaser figure figures plot plots",
    )
    for word in line.split()
)
_TRIED = frozenset(("test", "tests", "testing", "trial", "trials", "tmp", "temp", "debug", "scratch"))
_OTHER_SPLITS = frozenset(("train", "training", "trainval", "val", "valid", "validation", "seen", "dev"))
_PAIRED = ("image", "mask", "depth")  # kinds of which one sample has one each
_LEAST_NUMBERED = 3  # pictures of a folder that it takes to say how its pictures are named


def split_members(kinds: Kinds) -> tuple[Kinds, list[tuple[str, str]]]:
    """Tell the pictures of a data set from those that lie beside it.

    Args:
        kinds: The pictures of a tree by kind.

    Returns:
        The members by kind; and of what is none, (path, reason), a folder whole.
    """
    everything = [entry for entries in kinds.values() for entry in entries]
    folders = dict(_trial_folders(everything))
    left = [entry for entry in everything if _within(entry.folder, folders) is None] if folders else everything
    shown = dict(_shown_pictures(kinds, left))
    if not folders and not shown:
        return kinds, []
    apart = [(path, reason) for path, reason in (*folders.items(), *shown.items())]
    members = {
        kind: [e for e in entries if e.path not in shown and _within(e.folder, folders) is None]
        for kind, entries in kinds.items()
    }
    return members, sorted(apart)


def folder_of_tests(folder: str) -> str | None:
    """Return the path of the outermost folder that is called "test" or the like; None where none is."""
    return _outermost(folder, _TRIED)


@lru_cache(maxsize=256)
def _outermost(folder: str, words: frozenset[str]) -> str | None:
    parts = folder.split("/")
    depths = (depth for depth, part in enumerate(parts, 1) if _words(part.lower()) & words)
    return next(("/".join(parts[:depth]) for depth in depths), None)


def _trial_folders(entries: Sequence[PictureEntry]) -> Iterator[tuple[str, str]]:
    """Yield the folders that hold trials or pictures to look at, which no split of the data set is."""
    groups: dict[str, list[PictureEntry]] = defaultdict(list)
    splits = any(_words(part) & _OTHER_SPLITS for part in _parts({entry.folder for entry in entries}))
    hints = _SHOWN if splits else _SHOWN | _TRIED
    for entry in entries:
        if (root := _outermost(entry.folder, hints)) is not None:
            groups[root].append(entry)
    if 2 * sum(map(len, groups.values())) >= len(entries):
        return
    within = [entry for group in groups.values() for entry in group]
    paired = {kind: {entry.sample for entry in within if entry.kind == kind} for kind in (*_PAIRED, "fg", "fg_mask")}
    for root, group in groups.items():
        alone = [entry for entry in group if not _has_partner(entry, paired)]
        if 2 * len(alone) > len(group):
            count = f"{len(group):,} picture{'s' * (len(group) != 1)}"
            what = f"{count} to look at or to try things with, by the folder's name and since most"
            yield root, f"{what} have no partners there: not audited"


def _shown_pictures(kinds: Kinds, entries: Sequence[PictureEntry]) -> Iterator[tuple[str, str]]:
    """Yield overview strips and the like: single pictures that aren't named as the others are."""
    hinted = [e for e in entries if e.name is None and _words(e.file.rpartition(".")[0].lower()) & _SHOWN]
    seen = {entry.path for entry in hinted}
    if not hinted and all(entry.name is not None for entry in entries):
        return  # what is named by the grammar is none
    samples = {kind: {entry.sample for entry in some} for kind, some in kinds.items()}
    if 2 * len(hinted) < len(entries):
        most_numbered = 2 * sum(map(_has_digit, entries)) > len(entries)
        any_paired = any(_has_digit(entry) and _has_partner(entry, samples) for entry in hinted)
        for entry in hinted:
            alone = entry.kind in _PAIRED and not _has_partner(entry, samples)
            if (alone and not any_paired) if _has_digit(entry) else (alone or most_numbered):
                yield entry.path, "a picture to look at, by its name: not audited"
    folders: dict[str, list[PictureEntry]] = defaultdict(list)
    for entry in entries:
        if entry.kind in _PAIRED and entry.path not in seen:
            folders[entry.folder].append(entry)
    for folder in folders.values():
        odd = [entry for entry in folder if entry.name is None and not _has_digit(entry)]
        if len(folder) - len(odd) >= _LEAST_NUMBERED and 2 * len(odd) < len(folder):
            for entry in odd:
                if not _has_partner(entry, samples):
                    yield entry.path, "has no number, as its neighbours have, and no partner: not audited"


def _has_digit(entry: PictureEntry) -> bool:
    return any(map(str.isdigit, entry.file))


def _has_partner(entry: PictureEntry, samples: Mapping[str, Collection[object]]) -> bool:
    partners = {"fg": ("fg_mask",), "fg_mask": ("fg",)}.get(entry.kind, _PAIRED if entry.kind in _PAIRED else ())
    return any(entry.sample in samples.get(kind, ()) for kind in partners if kind != entry.kind)


def _within(folder: str, roots: Mapping[str, str]) -> str | None:
    """Return which of some folders a folder lies in."""
    if not roots:
        return None
    parts = folder.split("/")
    return next((root for n in range(1, len(parts) + 1) if (root := "/".join(parts[:n])) in roots), None)


def _parts(folders: Collection[str]) -> set[str]:
    return {part for folder in folders for part in folder.lower().split("/")}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))
