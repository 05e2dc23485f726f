"""The hashes of what was taken in: an import knows itself again by them, and its corpus has its digest from them.

An import reads each file once, and what it reads is hashed; before that it goes by paths. Where some of it is there
already, files are hashed again, and held to what was taken.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from bgfg.data_manifests.corpus.digest import canonical_json
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.imports.coco_file import AnnotationsBySample
from bgfg.data_manifests.imports.foreign_set import ForeignSample, ForeignSet
from bgfg.data_manifests.imports.imported_digest import imported_digest
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.imports.source_tables import Hashes, read_found
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.importing.begun import ANNOTATIONS_FILE, FOUND_FILE, Facts
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER


def source_paths(sample: ForeignSample) -> Hashes:
    """Return the files of a sample by SOURCE_KINDS; a file of annotations, which many have, isn't among them."""
    mask = None if sample.mask is not None and sample.mask.endswith(".json") else sample.mask
    return sample.image, mask, sample.depth, sample.instance


def identified(manifest: Manifest, found: ForeignSet, hashes: Sequence[Hashes]) -> Manifest:
    """Return a manifest with the digest of an import, and what it knows itself again by.

    Args:
        manifest: The manifest.
        found: What belongs to what.
        hashes: Of each sample, by SOURCE_KINDS; or, before anything is read, the paths in their place.
    """
    digest = imported_digest(manifest.geometry, manifest.prepared, hashes, manifest.crowd is not None)
    return replace(
        manifest,
        digest=digest,
        imported={**(manifest.imported or {}), "sources_sha256": _sources_sha256(found, hashes)},
    )


def _sources_sha256(found: ForeignSet, hashes: Iterable[Hashes]) -> str:
    """Return the SHA-256 of what belongs to what and of all files."""
    digest = hashlib.sha256()
    for each in (*found.samples, *found.backgrounds, *found.cutouts):
        digest.update(canonical_json(vars(each)))
    if found.objects is not None:
        objects = {name: column.tolist() for name, column in vars(found.objects).items()}
        digest.update(canonical_json(objects | {"classes": found.classes}))
    for of_sample in hashes:
        digest.update(",".join(map(str, of_sample)).encode())
    return digest.hexdigest()


def taken_hashes(facts: Facts) -> list[Hashes]:
    """Return the hashes of the files that the samples of a shard were taken from, by SOURCE_KINDS."""
    return [tuple(sha256 or None for sha256 in row) for row in facts["sha256"].astype(str).tolist()]


def iter_hashes(
    root: Path, folder: Path, corpus: Corpus, shards: Sequence[int], executor: Executor
) -> Iterator[tuple[int, list[Hashes]]]:
    """Hash the files of the samples of some shards, as they are now.

    Args:
        root: The folder of the set.
        folder: Where the tables of what was found lie.
        corpus: Has the samples of each shard.
        shards: Their numbers.
        executor: What runs them.

    Yields:
        The number of a shard, and of each of its samples the hashes by SOURCE_KINDS.

    Raises:
        Problem: A file can't be read.
    """
    numbers = {shard: corpus.samples_of(shard) for shard in shards}
    gathered: dict[int, list[Hashes]] = {}
    with executor.progress("files", sum(map(len, numbers.values())), 0) as advance:

        def gather(result: TaskResult) -> None:
            gathered[result.task] = result.value
            advance(len(result.value))

        work = partial(hash_shard, root, folder, numbers, secrets.token_hex(8))
        with lent_to_workers(corpus.path, executor):
            raise_failures(executor.run(corpus.path, work, shards, gather))
    yield from sorted(gathered.items())


@contextmanager
def lent_to_workers(path: Path, executor: Executor) -> Iterator[None]:
    """Have what was found, as long as nothing is begun, where the workers of a cluster see it.

    Args:
        path: The folder of the corpus; where it stands for a URL, the tables lie under that meanwhile.
        executor: What runs the tasks.
    """
    there = mirrored(path) if executor.is_cluster else None
    tables = [*(path / PARTIAL_FOLDER).glob("[!.]*")]
    with there.lent(tables) if there is not None else nullcontext():
        yield


def hash_shard(root: Path, folder: Path, numbers: dict[int, range], run: str, shard: int) -> list[Hashes]:
    """Hash the files of the samples of a shard, and their annotations.

    Args:
        root: The folder of the set.
        folder: Where the tables of what was found lie.
        numbers: The samples of each shard.
        run: A name of this look, for which archives are kept open.
        shard: Number of the shard.
    """
    files, samples = _files(root, run), numbers[shard]
    hashes = []
    annotations = AnnotationsBySample(folder / ANNOTATIONS_FILE) if (folder / ANNOTATIONS_FILE).exists() else None
    for number, sample in zip(samples, read_found(folder / FOUND_FILE, samples), strict=True):
        of_files = [None if path is None else files.read(path).sha256 for path in source_paths(sample)]
        if annotations is not None:
            of_files[1] = hashlib.sha256(annotations.line(number)).hexdigest()
        hashes.append(tuple(of_files))
    return hashes


@lru_cache(maxsize=1)
def _files(root: Path, _run: str) -> SourceFiles:
    return SourceFiles(root)
