"""A corpus in an object store, read where it is: what says what it is from a copy, its pixels by ranges of bytes."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import fsspec
import zarr
from zarr.storage import FsspecStore

from data_manifests.problem import Problem
from synth.shard import ShardReader
from synth.store import Corpus


def open_corpus(location: str | Path) -> Corpus:
    """Open the corpus in a folder, or under a URL such as s3://bucket/corpus."""
    return RemoteCorpus(location) if isinstance(location, str) and "://" in location else Corpus(location)


class RemoteCorpus(Corpus):
    """A corpus under a URL that fsspec knows (s3:, gs:, http:, memory: ...), opened for reading.

    Its manifest and its done marks, some 15 MB, are copied to a temporary folder; `path` is that folder. Raises Problem
    where there is no planned corpus or where it can't be read.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        folder = Path(tempfile.mkdtemp(prefix="bgfg-corpus-"))
        weakref.finalize(self, shutil.rmtree, folder)
        try:
            self._files, self._root = fsspec.core.url_to_fs(self.url)
            self._copy(folder, "manifest", "done", "data.zarr/zarr.json")
        except (OSError, ImportError, ValueError) as error:
            raise Problem(f"{self.url}: can't be read ({error})") from error
        if not (folder / "manifest" / "corpus.json").exists():
            raise Problem(f"{self.url}: not a planned corpus, no manifest/corpus.json in it")
        super().__init__(folder)
        self.group = zarr.open_group(FsspecStore.from_url(f"{self.url}/data.zarr", read_only=True), mode="r")
        self._sizes: dict[str, dict[str, int]] = {}

    def stored_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none; all of an array are listed at once."""
        if array not in self._sizes:
            listed: dict[str, Any] = self._files.find(f"{self._root}/data.zarr/{array}/c", detail=True)
            self._sizes[array] = {key: int(entry["size"]) for key, entry in listed.items()}
        return self._sizes[array].get(self._key(array, shard))

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk."""
        size_bytes = self.stored_bytes(array, shard)
        if size_bytes is None:
            raise FileNotFoundError("there is no such object")
        stored = _ObjectBytes(self._files, self._key(array, shard), size_bytes)
        return ShardReader(stored, self.samples_per_shard // self.geometry.placements)

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

    def _copy(self, folder: Path, *names: str) -> None:
        (folder / "data.zarr").mkdir()
        for name in names:
            if self._files.exists(f"{self._root}/{name}"):
                self._files.get(f"{self._root}/{name}", str(folder / name), recursive=True)

    def _key(self, array: str, shard: int) -> str:
        return f"{self._root}/{self.chunk_path(array, shard).relative_to(self.path).as_posix()}"


class _ObjectBytes:
    """The bytes of one object, each range a request of its own."""

    def __init__(self, files: Any, key: str, size_bytes: int) -> None:
        self._files, self._key, self.size_bytes = files, key, size_bytes

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier."""
        data: bytes = self._files.cat_file(self._key, start=start, end=stop)
        return data
