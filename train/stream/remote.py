"""Corpora in object stores: the manifest is copied to a temporary folder, pixels are read by ranges of bytes."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import zarr
from numpy.typing import NDArray
from zarr.storage import FsspecStore

from bgfg.data_manifests.corpus import asset_table, sample_table
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_part import CorpusPart
from bgfg.synth.store.hints import Hints
from bgfg.synth.store.metadata import METADATA_FILE
from bgfg.synth.store.shard import ShardReader, index_size_bytes
from bgfg.train.stream.object_store import MOST_AT_ONCE, ObjectStore, driver_errors

# A thread waits for an answer most of its time: in 50 ms, two of them would get 270 samples a second at most.
REMOTE_THREADS = MOST_AT_ONCE

_MANIFEST = "manifest/corpus.json"
_TABLES = (asset_table.ASSETS_FILE, sample_table.SAMPLES_FILE, INSTANCES_FILE)


def open_corpus(location: str | Path) -> Corpus:
    """Open the corpus in a folder, or under a URL such as s3://bucket/corpus."""
    return RemoteCorpus(location) if isinstance(location, str) and "://" in location else Corpus(location)


class RemoteCorpus(Corpus):
    """A corpus under a URL that fsspec knows (s3:, gs:, https:, memory: ...), opened for reading.

    Its manifest and its done marks, some 15 MB, are copied to a temporary folder; `path` is that folder. Nothing is
    listed: a plain web server will do, if it answers ranges of bytes.

    Attributes:
        url: The URL, without a slash at its end.
    """

    def __init__(self, url: str) -> None:
        """Copy the manifest and the done marks.

        Raises:
            Problem: There is no planned corpus, or it can't be read.
        """
        self.url = url.rstrip("/")
        self._objects = ObjectStore(self.url)
        folder = Path(tempfile.mkdtemp(prefix="bgfg-corpus-"))
        weakref.finalize(self, shutil.rmtree, folder)
        if not self._copy(folder, _MANIFEST):
            raise Problem(f"{self.url}: not a planned corpus, no {_MANIFEST} in it: check the URL", exit_code=2)
        with self._url_in_problems(folder):
            self.path = folder
            self._set_up(load_manifest(folder / _MANIFEST), hold_metadata=True)
            for part in self.parts:
                for name in (name for name in _TABLES if name in self.manifest.tables):
                    if not self._copy(folder, f"{part.key}manifest/{name}"):
                        raise Problem(f"{part.path}/manifest/{name}: there is no such object: {self.hints.repair}")
                arrays = ("", *(f"/{array}" for array in part.layouts))
                self._copy(folder, *(f"{part.key}data.zarr{array}/{METADATA_FILE}" for array in arrays))
            super().__init__(folder)
        for part in self.parts:
            made = [array for array in (*self.composed_arrays, "depth") if array in self.layouts]
            self._copy(folder, *(f"{part.key}done/{array}/{shard}.json" for array in made for shard in part.shards))

    def _make_hints(self) -> Hints:
        return _RemoteHints(self.url)

    def _open_part(self, number: int, first_shard: int, hold_metadata: bool) -> _RemotePart:
        arguments = self.path, self.manifest, number, first_shard, self.hints, hold_metadata
        return _RemotePart(*arguments, objects=self._objects)

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array; raise Problem where it is damaged or can't be read."""
        with _driver_errors_as_problems(self._objects, f"data.zarr/{name}"):
            return super().read(name, selection)

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done, and is there in the size that its done mark says."""
        with self._url_in_problems(self.path):
            return super().is_done(array, shard)

    def require_done(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't done."""
        if not self.is_done(array, shard):
            made = "make it where the corpus was made"
            raise Problem(f"{self.url}: shard {shard} of {array} is not done: {made}, and {self.hints.repair}")

    def damage_problem(self, array: str, shard: int, error: Exception) -> Problem:
        """Return the problem of a shard that can't be read, to be raised."""
        return Problem(f"{self.url}: shard {shard} of {array}: {error}: {self.hints.repair}")

    def _copy(self, folder: Path, *keys: str) -> int:
        """Copy those objects that are there; return how many."""
        found = self._objects.read_all(keys)
        for key, content in zip(keys, found, strict=True):
            if content is not None:
                (folder / key).parent.mkdir(parents=True, exist_ok=True)
                (folder / key).write_bytes(content)
        return len(found) - found.count(None)

    @contextmanager
    def _url_in_problems(self, folder: Path) -> Iterator[None]:
        """Put the URL into Problems in the place of the temporary folder, which means nothing to the user."""
        try:
            yield
        except Problem as problem:
            raise Problem(*(line.replace(str(folder), self.url) for line in problem.lines)) from problem


class _RemoteHints(Hints):
    """The next steps for a corpus under a URL: it is mended where it was made."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def location(self) -> str:
        """The URL."""
        return self._url

    @property
    def repair(self) -> str:
        """The next step, whatever is wrong."""
        return "copy it there again"

    def plan(self, part: int) -> str:
        """Return the next step for a table or a picture of the plan."""
        return self.repair

    @property
    def shard(self) -> str:
        """The next step for a shard that is damaged."""
        return self.repair

    def metadata(self, array: str) -> str:
        """Return the next step for a zarr.json that is lost or damaged."""
        return self.repair


class _RemotePart(CorpusPart):
    """A part of a corpus under a URL: its pixels are read by ranges of bytes."""

    def __init__(self, *arguments: Any, objects: ObjectStore) -> None:
        super().__init__(*arguments)
        self._objects, self._shards = objects, dict[str, dict[int, _RemoteShardBytes]]()

    @cached_property
    def group(self) -> zarr.Group:
        """The Zarr group data.zarr, as zarr-python has it."""
        with _driver_errors_as_problems(self._objects, f"{self.key}data.zarr"):
            store = FsspecStore.from_url(f"{self._objects.url}/{self.key}data.zarr", read_only=True)
            return zarr.open_group(store, mode="r")

    def array(self, name: str) -> Any:
        """Return an array as zarr-python has it; raise Problem where it is missing or can't be read."""
        with _driver_errors_as_problems(self._objects, f"{self.key}data.zarr/{name}/zarr.json"):
            return super().array(name)

    def _stored_pixels(self, name: str) -> Any:
        return self.array(name)  # all chunks of a selection are asked for at once

    def shard_size_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none of the size in its done mark."""
        found = self._stored(array).get(shard)
        return found.size_bytes if found else None

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk."""
        return ShardReader(self._stored(array)[shard], self.blocks_per_shard)

    def _stored(self, array: str) -> dict[int, _RemoteShardBytes]:
        """Return the shards of an array that have the size in their done marks; the indices of all are read at once."""
        if array not in self._shards:
            shards = sorted(shard for shard in self.marked_shards(array) if shard in self.shards)
            sizes = [self.mark(array, shard).bytes for shard in shards]
            keys = [self.chunk_path(array, shard).relative_to(self.corpus).as_posix() for shard in shards]
            tail = index_size_bytes(self.blocks_per_shard)
            # A byte more is asked for than there should be, so that a shard longer than its mark says is found out.
            tails = self._objects.read_all(keys, [(max(0, size - tail), size + 1) for size in sizes])
            self._shards[array] = {
                shard: _RemoteShardBytes(self._objects, key, size, found)
                for shard, key, size, found in zip(shards, keys, sizes, tails, strict=True)
                if found is not None and len(found) == min(size, tail)
            }
        return self._shards[array]


@contextmanager
def _driver_errors_as_problems(objects: ObjectStore, key: str) -> Iterator[None]:
    """Turn errors of drivers into Problems with the object's URL, also where they were reported as damage."""
    try:
        yield
    except driver_errors() as error:
        raise objects.problem(key, error) from error
    except Problem as problem:
        if not isinstance(problem.__cause__, driver_errors()):
            raise
        raise objects.problem(key, problem.__cause__) from problem.__cause__


class _RemoteShardBytes:
    """The bytes of a shard: each range is a request of its own, but for the index at the end, which was read before."""

    def __init__(self, objects: ObjectStore, key: str, size_bytes: int, tail: bytes) -> None:
        self._objects, self.key, self.size_bytes, self._tail = objects, key, size_bytes, tail

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier; raise Problem."""
        within = start - (self.size_bytes - len(self._tail))
        return self._tail[within : within + stop - start] if within >= 0 else self._objects.read(self.key, start, stop)
