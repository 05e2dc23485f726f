"""An import that has begun: what its workers need to know, kept in the folder of the corpus until it is whole.

.import/found.parquet     what belongs to each sample
.import/corpus.json       the manifest so far, by which shards are written and marked
.import/begun.json        how the pictures are brought to the frame
.import/annotations       of COCO files, by sample; where each sample's begin lies beside
.import/facts/            what was seen of the samples of each shard that is done, and the hashes of their files
.import/manifest/         the tables, which become those of the corpus in the end
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import BEGUN_FOLDER, load_manifest, save_manifest
from bgfg.data_manifests.files.atomic_write import replace_bytes, replace_text
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.synth.importing.depth_coding import DepthCoding
from bgfg.synth.store.corpus import Corpus

BEGUN_FILE, FOUND_FILE, ANNOTATIONS_FILE = "begun.json", "found.parquet", "annotations"

# The SHA-256 of a file in hex; empty where there is none.
SHA256_DTYPE = np.dtype("S64")

Facts = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class BegunImport:
    """An import that has begun.

    Attributes:
        path: Folder of the corpus.
        root: Folder of the pictures.
        fits: Whether composites of other sizes are cropped and resized.
        depth: How depth maps are stored; None where there are none.
        categories: Of COCO files, whose annotations stand in place of masks, the number in `manifest.class_names`, from
            0 on, of each category; None where masks are files.
        manifest: The manifest so far.
    """

    path: Path
    root: Path
    fits: bool
    depth: DepthCoding | None
    categories: Mapping[int, int] | None
    manifest: Manifest

    @property
    def folder(self) -> Path:
        """The folder of what workers need to know."""
        return self.path / BEGUN_FOLDER

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that importing makes, in one pass."""
        crowd = ("instance",) if self.manifest.crowd is not None else ()
        return ("image", "mask", *crowd, *(("depth",) if self.depth is not None else ()))

    def corpus(self) -> Corpus:
        """Return the corpus as far as it is, for writing."""
        return Corpus(self.path, hold_metadata=False, manifest=self.manifest)

    def save(self) -> None:
        """Write down what workers need to know."""
        save_manifest(self.manifest, self.folder / "corpus.json")
        depth = None if self.depth is None else vars(self.depth)
        categories = None if self.categories is None else list(self.categories.items())
        told = {"fits": self.fits, "depth": depth, "categories": categories}
        replace_text(self.folder / BEGUN_FILE, json.dumps(told) + "\n")

    def save_facts(self, shard: int, facts: Facts) -> None:
        """Write what was seen of the samples of a shard, before it is marked."""
        stored = io.BytesIO()
        np.savez(stored, allow_pickle=False, **facts)
        path = self._facts_path(shard)
        path.parent.mkdir(exist_ok=True)
        replace_bytes(path, stored.getvalue(), durable=False)
        there = mirrored(self.path)
        if there is not None:
            there.store.write(there.key_of(path), path)

    def load_facts(self, shard: int) -> Facts | None:
        """Return what was seen of the samples of a shard; None where that is lost."""
        try:
            with np.load(io.BytesIO(read_regular(self._facts_path(shard))), allow_pickle=False) as stored:
                return dict(stored)
        except (FileNotFoundError, ValueError, EOFError, zipfile.BadZipFile):
            return None  # what a power cut left of it

    def _facts_path(self, shard: int) -> Path:
        return self.folder / "facts" / f"{shard}.npz"


def open_begun(path: Path, root: Path, digest: str) -> BegunImport:
    """Open an import of a folder of pictures that has begun, of this digest."""
    told = read_json(path / BEGUN_FOLDER / BEGUN_FILE)
    manifest = load_manifest(path / BEGUN_FOLDER / "corpus.json")
    if manifest.digest != digest:
        raise ValueError(f"{path}: begun anew while work was going on")
    depth = None if told["depth"] is None else DepthCoding(**told["depth"])
    categories = None if told["categories"] is None else dict(told["categories"])
    return BegunImport(path, root, told["fits"], depth, categories, manifest)
