"""Where pictures lie: in a folder, or under a URL, of which all is copied into a temporary folder before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.mirror_folders import mirror
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.objects.urls import is_file_key
from bgfg.data_manifests.places.corpus_place import MANIFEST_KEY
from bgfg.data_manifests.places.path_of_place import path_of_place
from bgfg.data_manifests.terminal.errors import Problem


@path_of_place
def pictures_folder(location: str) -> Iterator[Path]:
    """Give a folder of pictures: itself, or for a URL a copy of what is there, for as long as this lasts.

    Args:
        location: A folder, or a URL whose objects can be listed.

    Raises:
        Problem: The URL is none of a store, what is there can't be listed or read, or nothing is there.
    """
    with _listed(location) as found:
        found.download([*found.sizes])
        yield found.folder


@contextmanager
def listed_pictures(url: str) -> Iterator[Path]:
    """Give a folder that stands for pictures under a URL, of which each is read there once it is wanted.

    Raises:
        Problem: As `pictures_folder`.
    """
    with _listed(url) as found:
        yield found.folder


@contextmanager
def _listed(location: str) -> Iterator[Mirror]:
    with mirror(location, PICTURES_CONTENTS) as found:
        url = found.store.url
        if not found.store.is_writable:
            raise Problem(f"{url}: a web server doesn't list its files: copy the pictures into a folder", exit_code=2)
        found.fetch()
        if not found.sizes:
            raise Problem(f"{url}: no pictures are there: check the URL", exit_code=2)
        if strange := [key for key in found.sizes if not is_file_key(key)]:
            raise Problem(f"{url}/{strange[0]}: no file can have this name: rename it", exit_code=2)
        folders = {str(folder) for key in found.sizes for folder in PurePosixPath(key).parents}
        if both := sorted(folders & found.sizes.keys()):
            raise Problem(f"{url}/{both[0]}: is a file and a folder, as nothing is on a disk: rename it", exit_code=2)
        yield found


def holds_pictures(url: str) -> bool:
    """Say whether something is under a URL that isn't a corpus, and so is taken for pictures."""
    store = ObjectStore(url)
    return store.is_writable and store.read_all([MANIFEST_KEY]) == [None] and bool(store.list())


def _nothing(_key: str) -> bool:
    return False


PICTURES_CONTENTS = Contents("pictures", _nothing, _nothing, lambda _folder, _key: False, "")
