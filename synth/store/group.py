"""The Zarr group `data.zarr` of a corpus: created with its prepared arrays, opened, and what its metadata is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore, MemoryStore

from bgfg.data_manifests.corpus.digest import CORPUS_FORMAT, CORPUS_FORMAT_VERSION
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.synth.store.layout import array_layouts


def create_group(path: Path, manifest: Manifest, prepared: dict[str, NDArray]) -> None:
    """Create data.zarr: the prepared arrays, and the metadata of the arrays that composing makes.

    Args:
        path: Where the group is to lie.
        manifest: That of the corpus.
        prepared: Array name -> pixels, as `array_layouts` lays them out: background, cutout, and background_depth where
            backgrounds came with depth.
    """
    group = zarr.create_group(LocalStore(path), attributes=group_attributes(manifest))
    instances = manifest.crowd is not None
    for name, layout in array_layouts(manifest.geometry, "background_depth" in prepared, None, instances).items():
        array = layout.create(group)
        if name in prepared:
            array[:] = prepared[name]


def open_group(corpus: Path, manifest: Manifest) -> zarr.Group:
    """Open data.zarr for reading.

    Args:
        corpus: The folder of the corpus.
        manifest: That of the corpus.

    Raises:
        Problem: There is no such group, or it is of another plan than the manifest.
    """
    path = corpus / "data.zarr"
    again = bgfg_command("plan", corpus, "...", "--replace")
    try:
        group = zarr.open_group(LocalStore(path), mode="r")
    except (PermissionError, IsADirectoryError):
        raise  # nothing that another plan would mend
    except Exception as error:  # of any kind, since zarr-python takes metadata for what they should be
        raise Problem(f"{path}: not a Zarr v3 group: restore it, or run {again}") from error
    stored, expected = dict(group.attrs), group_attributes(manifest)
    different = [name for name in stored.keys() | expected if stored.get(name) != expected.get(name)]
    if different:
        says = ", ".join(f"{name} {stored.get(name)!r}, not {expected.get(name)!r}" for name in sorted(different))
        raise Problem(f"{path}: not of the plan in the manifest ({says}): run {again}")
    return group


def expected_group_metadata(manifest: Manifest) -> dict[str, Any]:
    """Return the content of the group's own zarr.json, as `create_group` makes it."""
    store = MemoryStore()
    zarr.create_group(store, attributes=group_attributes(manifest))
    return cast("dict[str, Any]", json.loads(store._store_dict["zarr.json"].to_bytes()))


def group_attributes(manifest: Manifest) -> dict[str, Any]:
    """Return the attributes of the group data.zarr: format, version and the digest of the corpus."""
    return {"format": CORPUS_FORMAT, "version": CORPUS_FORMAT_VERSION, "digest": manifest.digest}
