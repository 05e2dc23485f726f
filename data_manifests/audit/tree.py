"""Listing of a folder of pictures, whoever arranged it: its pictures by kind, and what can't be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bgfg.data_manifests.audit.map_owners import settle_depth_owners, settle_mask_owners
from bgfg.data_manifests.audit.match_keys import align_match_keys
from bgfg.data_manifests.audit.members import split_members
from bgfg.data_manifests.audit.numbered_composites import find_unnamed_composites, settle_numbered_composites
from bgfg.data_manifests.audit.partner_names import adopt_partner_names
from bgfg.data_manifests.audit.picture_entry import BACKGROUND_DEPTH, INSTANCE_KIND, NORMAL_KIND, PictureEntry
from bgfg.data_manifests.audit.recognition import foreign_entry, is_picture_path, recognise_path
from bgfg.data_manifests.corpus.naming import KINDS, SUFFIXES
from bgfg.data_manifests.files.failing_call import call_reason, failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images import archives
from bgfg.data_manifests.images.listing import CUTOUT_NOTES
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.objects.range_file import open_object
from bgfg.data_manifests.objects.urls import is_file_key
from bgfg.data_manifests.terminal.errors import Problem

_NOWHERE = "a link that leads nowhere"


class TreeIssue(NamedTuple):
    """Something in a tree that can't be read or must not be unpacked.

    Attributes:
        path: Relative path.
        check: Short name of the finding.
        reason: What is wrong with it.
    """

    path: str
    check: str
    reason: str


@dataclass(frozen=True)
class PictureTree:
    """A folder of pictures as it was recognised.

    Iterating gives the pictures of the six kinds of the grammar.

    Attributes:
        root: The folder.
        kinds: Kind -> its pictures; the kinds of the grammar, depth maps of backgrounds and pictures of instances.
        ignored: Paths of files whose names and folders tell nothing.
        issues: What can't be read or must not be unpacked, and what is none of the data set's.
        outside: Paths of pictures that lie there without being of the data set, such as overview strips.
    """

    root: Path
    kinds: Mapping[str, list[PictureEntry]]
    ignored: tuple[str, ...]
    issues: tuple[TreeIssue, ...]
    outside: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[PictureEntry]:
        for kind in KINDS:
            yield from self.kinds[kind]


def read_tree(root: Path, suffixes: Mapping[str, tuple[str, ...]] = SUFFIXES) -> PictureTree:
    """List all pictures under a folder and recognise what each is; no picture is opened.

    Pictures in zip and tar files are listed too. Links to files count as files; links to folders aren't followed.

    Args:
        root: The folder.
        suffixes: Kind -> the suffixes that don't deviate from the grammar.

    Returns:
        The pictures by kind, and everything else that lies there.

    Raises:
        Problem: There is no such folder.
    """
    if not root.is_dir():
        raise Problem(f"{root}: no such folder: give a corpus, an export or a folder of pictures", exit_code=2)
    kinds: dict[str, list[PictureEntry]] = {kind: [] for kind in (*KINDS, BACKGROUND_DEPTH, INSTANCE_KIND, NORMAL_KIND)}
    ignored, issues = [], []
    holds_cutouts = _finder_of_cutouts(root)
    for found in iter_files(root):
        if isinstance(found, TreeIssue):
            issues.append(found)
            continue
        of_cutouts = holds_cutouts(found.rpartition("/")[0]) and is_picture_path(found)
        entry = _cutout_entry(found) if of_cutouts else recognise_path(found, suffixes)
        if entry is None:
            ignored.append(found)
        else:
            kinds[entry.kind].append(entry)
    composites = find_unnamed_composites(ignored, kinds)
    kinds["image"] += composites
    ignored = sorted(set(ignored) - {entry.path for entry in composites})
    members, apart = split_members(settle_numbered_composites(kinds))
    issues += [TreeIssue(path, "not-a-member", reason) for path, reason in apart]
    inside = {entry.path for entries in members.values() for entry in entries}
    outside = tuple(e.path for entries in kinds.values() for e in entries if e.path not in inside) if apart else ()
    matched = align_match_keys(adopt_partner_names(settle_depth_owners(settle_mask_owners(members))))
    return PictureTree(root, matched, tuple(ignored), tuple(issues), outside)


def _finder_of_cutouts(root: Path) -> Callable[[str], bool]:
    """Return what says of a folder whether `bgfg cutout` has put its cut-outs there."""
    there = mirrored(root)
    if there is None:
        return cache(lambda folder: (root / folder / CUTOUT_NOTES).is_dir())
    notes = f"/{CUTOUT_NOTES}/"
    return {f"/{key}".partition(notes)[0][1:] for key, _ in there.listed() if notes in f"/{key}"}.__contains__


def _cutout_entry(path: str) -> PictureEntry:
    """Return the entry of a cut-out where `bgfg cutout` puts them, under the names of photographs."""
    return foreign_entry(path, "fg", ())._replace(number=None)


def iter_files(root: Path) -> Iterator[str | TreeIssue]:
    """Yield the paths of all files, folder by folder, in the order of their names.

    What `bgfg cutout` notes beside its cut-outs, and sets aside, is left out.
    """
    there = mirrored(root)
    if there is not None:
        yield from _iter_stored(there)
        return
    # A stack in place of recursion; sub-folders are pushed in reverse, so that they are popped in order.
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield TreeIssue(folder or ".", "unreadable", f"can't be listed ({error.strerror})")
            continue
        prefix = f"{folder}/" if folder else ""
        pending += [prefix + entry.name for entry in reversed(entries) if _is_searched(entry)]
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                continue
            issue = _issue_of(entry, path)
            if issue is not None:
                yield issue
                continue
            yield path
            if entry.name.lower().endswith(archives.ARCHIVE_SUFFIXES):
                yield from _archive_members(root, path, open_regular)


def _iter_stored(there: Mirror) -> Iterator[str | TreeIssue]:
    """Yield the paths of all files that lie under a URL, as `iter_files` does."""
    sizes = dict(there.listed())
    for key in sorted(sizes, key=_listing_order):
        if f"/{CUTOUT_NOTES}/" in f"/{key}":
            continue
        if not is_file_key(key):
            yield TreeIssue(key, "not-a-file", "no file can have this name: rename it")
            continue
        yield key
        if key.lower().endswith(archives.ARCHIVE_SUFFIXES):
            yield from _archive_members(there.folder, key, partial(_open_stored, there, key, sizes[key]))


def _listing_order(key: str) -> tuple[str, str]:
    """Return a key by which folders sort as a walk meets them: each before what is in it."""
    return key.rpartition("/")[0].replace("/", "\0"), key


def _open_stored(there: Mirror, key: str, size_bytes: int, path: Path) -> BinaryIO:
    return open_regular(path) if path.exists() else open_object(there.store, key, size_bytes)


def _is_searched(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name != CUTOUT_NOTES


def _issue_of(entry: os.DirEntry[str], path: str) -> TreeIssue | None:
    """Say what is wrong with an entry of a folder that is no folder itself; None for a file, or a link to one."""
    try:
        if entry.is_file():
            return None
        if not entry.is_symlink():
            return TreeIssue(path, "not-a-file", "a device, a pipe or a socket")
        reason = "a link to a folder, which isn't followed" if entry.is_dir() else _NOWHERE
    except OSError as error:  # a link to itself, or into a folder that may not be looked into
        if (call := failed_call(error)) is not None:
            return TreeIssue(path, "unreadable", f"can't be read ({call_reason(call)})")
        reason = _NOWHERE
    return TreeIssue(path, "link", reason)


def _archive_members(root: Path, path: str, opened: Callable[[Path], BinaryIO]) -> Iterator[str | TreeIssue]:
    try:
        for member in archives.list_members(root / path, opened):
            if member.danger:
                yield TreeIssue(f"{path}/{member.name}", "unsafe-member", f"{member.danger}: don't unpack {path}")
            else:
                yield f"{path}/{member.name}"
    except archives.DamagedArchive as error:
        yield TreeIssue(path, "unreadable", str(error))
    except OSError as error:
        yield TreeIssue(path, "unreadable", f"can't be read ({call_reason(error)})")
