"""Where a corpus lies: in a folder, or under a URL, for which a folder of its small files stands meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from os import PathLike
from pathlib import Path

from bgfg.data_manifests.corpus.geometry import blocks_per_shard
from bgfg.data_manifests.corpus.manifest_file import EXPORT_FILE, OTHER_FOLDERS, load_manifest
from bgfg.data_manifests.corpus.part_record import part_folder
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirror
from bgfg.data_manifests.places.path_of_place import path_of_place

MANIFEST_KEY = "manifest/corpus.json"
_BEGUN = ".import/corpus.json"
_GROUP = "data.zarr/zarr.json"
_ARRAYS = ("background", "cutout", "background_depth", "image", "mask", "instance", "depth")

_PART = r"(?:parts/[0-9]+/)?"
_MARK = re.compile(rf"{_PART}done/[a-z]+/[0-9]+\.json")
_SMALL = re.compile(
    rf"{_PART}(manifest/[^/]+|data\.zarr/([a-z_]+/)?zarr\.json)|{_MARK.pattern}|README\.md|croissant\.json|\.import/.+"
    r"|\.partial/(found|annotations)[^/]*"  # what an import lends to the workers of a cluster
)
_PICTURE = re.compile(rf"{_PART}data\.zarr/(background|cutout|background_depth)/c/.+")
_SHARD = re.compile(rf"(?P<part>{_PART})data\.zarr/(?P<array>[a-z]+)/c/(?P<shard>[0-9]+)(/0)+")


def corpus_folder(location: str | PathLike[str]) -> AbstractContextManager[Path]:
    """Give the folder of a corpus: itself, or for a URL one that stands for it, for as long as this lasts.

    A web server lists nothing: there only files are asked for that a corpus has.

    Args:
        location: A folder, or a URL.

    Raises:
        Problem: The URL is none of a store, or what is there can't be read.
    """
    return _folder_with(location, CORPUS_CONTENTS)


def listed_corpus(location: str | PathLike[str]) -> AbstractContextManager[Path]:
    """Give the folder of a corpus as `corpus_folder` does, to say how far it is.

    Of a URL that can be listed it has empty files for done marks, which are there by their names alone.
    """
    return _folder_with(location, _LISTED_CONTENTS)


@path_of_place
def _folder_with(location: str, of: Contents) -> Iterator[Path]:
    with mirror(location, of) as found:
        if found.store.is_writable:
            found.fetch()
        else:
            _fetch_by_names(found)
        yield found.folder


def _is_copied(key: str) -> bool:
    """Say whether a file is a small one of a corpus, or tells that something else is there."""
    return _SMALL.fullmatch(key) is not None or key in (*OTHER_FOLDERS, EXPORT_FILE)


def _is_published(key: str) -> bool:
    return (_SMALL.fullmatch(key) is not None and not _MARK.fullmatch(key)) or _PICTURE.fullmatch(key) is not None


def _is_left(folder: Path, key: str) -> bool:
    """Say whether a shard has no mark, or a prepared picture is of a plan that was replaced."""
    if shard := _SHARD.fullmatch(key):
        mark = folder / shard["part"] / "done" / shard["array"] / f"{shard['shard']}.json"
        if not _PICTURE.fullmatch(key):
            return not mark.exists()
    if _PICTURE.fullmatch(key):
        array = folder / key[: key.index("/c/")]
        return not array.exists() or ((array / "c").exists() and not (folder / key).exists())
    return False


def _rank(key: str) -> int:
    """Return when a file comes: what says of an import whose arrays there are before these, that all are there last.

    The arrays' own group comes before its arrays: by it what a killed plan has left is known as that of a corpus.
    """
    if key.startswith(".import/"):
        return 3 if key == _BEGUN else 0
    return 1 if key == _GROUP else 2


def _is_told_by_head(key: str) -> bool:
    """Say whether corpus.json says what is in a file: of cards it says nothing, and of depth only with a teacher.

    There is none in it while that of the depth is replaced.
    """
    return re.fullmatch(rf"{_PART}(manifest/.+\.parquet|data\.zarr/(?!depth/).+)", key) is not None


CORPUS_CONTENTS = Contents(
    "corpus", _is_copied, _is_published, _is_left, MANIFEST_KEY,
    _is_told_by_head, _rank,
)  # fmt: skip
_LISTED_CONTENTS = replace(CORPUS_CONTENTS, copied_bytes=lambda key: 0 if _MARK.fullmatch(key) else None)


def _fetch_by_names(found: Mirror) -> None:
    """Copy manifest, tables, metadata and marks of a corpus, some 15 MB, by the names that they have to have."""
    if not found.copy([MANIFEST_KEY]):
        found.copy([*OTHER_FOLDERS, EXPORT_FILE])
        return
    manifest = load_manifest(found.folder / MANIFEST_KEY)
    keys = []
    for number, rectangle in enumerate(manifest.geometry.index.rectangles):
        key = part_folder(found.folder, number).relative_to(found.folder).as_posix()
        blocks = blocks_per_shard(len(rectangle.cutouts)) * rectangle.placements
        shards = range(-(-len(rectangle) // blocks))
        keys += [f"{key}/manifest/{name}" for name in manifest.parts[number].tables]
        keys += [f"{key}/data.zarr/{array}zarr.json" for array in ("", *(f"{each}/" for each in _ARRAYS))]
        keys += [f"{key}/done/{array}/{shard}.json" for array in _ARRAYS[3:] for shard in shards]
    found.copy([key.removeprefix("./") for key in keys])
