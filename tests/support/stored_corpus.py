"""Folders put under a URL, and changed there, as others do it."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.objects.object_store import ObjectStore


def upload(folder: Path, url: str) -> str:
    """Put all files of a folder under a URL, in the place of what was there; return the URL."""
    store = ObjectStore(url)
    remove(url)
    store.write_all({path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()})
    return url


def remove(url: str, beginning: str = "") -> None:
    """Remove the objects under a URL whose keys begin so."""
    store = ObjectStore(url)
    store.delete([found.key for found in store.list() if found.key.startswith(beginning)])


def contents(url: str) -> dict[str, bytes]:
    """Return what is under a URL."""
    store = ObjectStore(url)
    keys = [found.key for found in store.list()]
    return {key: data for key, data in zip(keys, store.read_all(keys), strict=True) if data is not None}
