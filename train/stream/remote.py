"""A corpus in an object store, read where it is: what says what it is from a copy, its pixels by ranges of bytes."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zarr
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCES
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.marks import Mark, marked
from bgfg.synth.store.shard import ShardReader, index_bytes
from bgfg.synth.store.store import Corpus
from bgfg.train.stream.object_store import Objects, failures
from numpy.typing import NDArray
from zarr.storage import FsspecStore

# A thread waits for an answer most of its time: in 50 ms, two of them would get 270 samples a second at most.
THREADS = 32

_MANIFEST = "manifest/corpus.json"
_TABLES = (tables.ASSETS, tables.SAMPLES, INSTANCES)


def open_corpus(location: str | Path) -> Corpus:
    """Open the corpus in a folder, or under a URL such as s3://bucket/corpus."""
    return RemoteCorpus(location) if isinstance(location, str) and "://" in location else Corpus(location)


class RemoteCorpus(Corpus):
    """A corpus under a URL that fsspec knows (s3:, gs:, https:, memory: ...), opened for reading.

    Its manifest and its done marks, some 15 MB, are copied to a temporary folder; `path` is that folder. Nothing is
    listed: a plain web server will do, if it answers ranges of bytes. Raises Problem where there is no planned corpus
    or where it can't be read.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._objects = Objects(self.url)
        self._shards: dict[str, dict[int, _ObjectBytes]] = {}
        folder = Path(tempfile.mkdtemp(prefix="bgfg-corpus-"))
        weakref.finalize(self, shutil.rmtree, folder)
        if not self._copy(folder, _MANIFEST):
            raise Problem(f"{self.url}: not a planned corpus, no {_MANIFEST} in it: check the URL")
        with self._named(folder):
            known = Manifest.load(folder / _MANIFEST).tables
            for key in ("data.zarr/zarr.json", *(f"manifest/{name}" for name in _TABLES if name in known)):
                if not self._copy(folder, key):
                    raise Problem(f"{folder}/{key}: there is no such object: {self.mend}")
            super().__init__(folder)
        arrays = [array for array in (*self.composed, "depth") if array in self.layouts]
        self._copy(folder, *(f"done/{array}/{shard}.json" for array in arrays for shard in self.shards))
        with self._answered("data.zarr"):
            self.group = zarr.open_group(FsspecStore.from_url(f"{self.url}/data.zarr", read_only=True), mode="r")

    @property
    def location(self) -> str:
        """Where people know it to be."""
        return self.url

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it; raise Problem where it is missing or can't be read."""
        with self._answered(f"data.zarr/{name}/zarr.json"):
            return super().array(name)

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array; raise Problem where it is damaged or can't be read."""
        with self._answered(f"data.zarr/{name}"):
            return super().read(name, selection)

    def stored_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none of the size in its mark."""
        found = self._stored(array).get(shard)
        return found.size_bytes if found else None

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk."""
        return ShardReader(self._stored(array)[shard], self._chunks)

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done and there, of the size in its mark."""
        with self._named(self.path):
            return super().is_done(array, shard)

    def require(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't done."""
        if not self.is_done(array, shard):
            made = "make it where the corpus was made"
            raise Problem(f"{self.url}: shard {shard} of {array} is not done: {made}, and {self.mend}")

    def damaged(self, array: str, shard: int, error: Exception) -> Problem:
        """Return what to say of a shard that can't be read."""
        return Problem(f"{self.url}: shard {shard} of {array}: {error}: {self.mend}")

    @property
    def mend(self) -> str:
        """What to do about a corpus that isn't whole, in words."""
        return "copy it there again"

    @property
    def _chunks(self) -> int:
        return self.samples_per_shard // self.geometry.placements

    def _stored(self, array: str) -> dict[int, _ObjectBytes]:
        """Return the shards of an array that are there as their marks say; the indices of all are read at once."""
        if array not in self._shards:
            shards = sorted(marked(self.path, array) & set(self.shards))
            sizes = [Mark.load(self.path, array, shard).bytes for shard in shards]
            keys = [self.chunk_path(array, shard).relative_to(self.path).as_posix() for shard in shards]
            tail = index_bytes(self._chunks)
            # A byte more than there is to be: what is longer than its mark says answers with it.
            tails = self._objects.read_all(keys, [(max(0, size - tail), size + 1) for size in sizes])
            self._shards[array] = {
                shard: _ObjectBytes(self._objects, key, size, found)
                for shard, key, size, found in zip(shards, keys, sizes, tails, strict=True)
                if found is not None and len(found) == min(size, tail)
            }
        return self._shards[array]

    def _copy(self, folder: Path, *keys: str) -> int:
        """Copy those objects that are there; return how many."""
        found = self._objects.read_all(keys)
        for key, content in zip(keys, found, strict=True):
            if content is not None:
                (folder / key).parent.mkdir(parents=True, exist_ok=True)
                (folder / key).write_bytes(content)
        return len(found) - found.count(None)

    @contextmanager
    def _answered(self, key: str) -> Iterator[None]:
        """Tell of what the store didn't answer by the URL, and not as of damage."""
        try:
            yield
        except failures() as error:
            raise self._objects.problem(key, error) from error
        except Problem as problem:
            if not isinstance(problem.__cause__, failures()):
                raise
            raise self._objects.problem(key, problem.__cause__) from problem.__cause__

    @contextmanager
    def _named(self, folder: Path) -> Iterator[None]:
        """Tell Problems of the copy by the URL: nobody knows the temporary folder."""
        try:
            yield
        except Problem as problem:
            raise Problem(*(line.replace(str(folder), self.url) for line in problem.lines)) from problem


class _ObjectBytes:
    """The bytes of one object, each range a request of its own but for those of its end, which are at hand."""

    def __init__(self, objects: Objects, key: str, size_bytes: int, tail: bytes) -> None:
        self._objects, self._key, self.size_bytes, self._tail = objects, key, size_bytes, tail

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier; raise Problem."""
        within = start - (self.size_bytes - len(self._tail))
        return self._tail[within : within + stop - start] if within >= 0 else self._objects.read(self._key, start, stop)
