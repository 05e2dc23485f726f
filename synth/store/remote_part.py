"""A part of a corpus under a URL: its pixels are read by ranges of bytes, and written there as they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from numpy.typing import NDArray

from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.synth.store.corpus_part import CorpusPart
from bgfg.synth.store.done_marks import DoneMark
from bgfg.synth.store.shard import ShardReader, index_size_bytes

if TYPE_CHECKING:
    import zarr


class RemotePart(CorpusPart):
    """A part of a corpus under a URL; its tables, metadata and marks are copied into the folder that stands for it."""

    def __init__(self, *arguments: Any, mirror: Mirror) -> None:
        """Set up to read a part; the other arguments are those of CorpusPart."""
        super().__init__(*arguments)
        self._mirror = mirror
        self._shards: dict[str, dict[int, RemoteShardBytes]] = {}

    @cached_property
    def _remote_group(self) -> zarr.Group:
        import zarr
        from zarr.storage import ObjectStore as ZarrStore

        store, path = self._mirror.store.zarr_place(f"{self.key}data.zarr")
        return zarr.open_group(ZarrStore(store, read_only=True), path=path, mode="r")

    def _stored_pixels(self, name: str) -> Any:
        stored = super()._stored_pixels(name)  # held to what the manifest says, by the copies of its metadata
        return stored if name in self.record.prepared else self._remote_group[name]

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array, selected along its first dimension; raise Problem where it is damaged."""
        if name in self.record.prepared and isinstance(selection, slice):  # all at once, before one by one
            numbers = range(self.layouts[name].shape[0])[selection]
            self._mirror.cached([self._key(self.chunk_path(name, number)) for number in numbers])
        with self._mirror.store.told(f"{self.key}data.zarr/{name}"):
            return super().read(name, selection)

    def picture_path(self, array: str, number: int) -> Path:
        """Return the path of a prepared picture, which is fetched where that isn't done yet."""
        return self._mirror.cached([self._key(self.chunk_path(array, number))])[0]

    def shard_size_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none of the size in its done mark."""
        listed = self._mirror.sizes.get(self._key(self.chunk_path(array, shard)))
        if listed is not None:
            return listed
        known = self._shards.setdefault(array, {})
        if shard not in known:  # those of all others that are marked will be asked for too
            self._read_indices(array, [n for n in self.marked_shards(array) if n in self.shards and n not in known])
        return known[shard].size_bytes if shard in known else None

    def done_sizes_bytes(self, array: str) -> dict[int, int]:
        """Return the size of each shard that is done; where the store can be listed, that is there with its mark.

        Objects are there whole or not at all: so their names do, and no mark is read.
        """
        if not self._mirror.store.is_writable:
            return super().done_sizes_bytes(array)
        if array not in self.layouts:
            return {}
        marked = [shard for shard in self.marked_shards(array) if shard in self.shards]
        sizes = {shard: self._mirror.sizes.get(self._key(self.chunk_path(array, shard))) for shard in marked}
        return {shard: size for shard, size in sizes.items() if size is not None}

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk; raise FileNotFoundError where there is none as its mark says."""
        known = self._shards.setdefault(array, {})
        if shard not in known:
            self._read_indices(array, [shard])
        if shard not in known:
            raise FileNotFoundError(f"shard {shard} of {array} isn't there in the size in its done mark")
        return ShardReader(known[shard], self.blocks_per_shard)

    @contextmanager
    def shard_file(self, array: str, shard: int) -> Iterator[Path]:
        """Give a file that holds a shard, to be read as a whole, for as long as this lasts."""
        with TemporaryDirectory(dir=self._mirror.folder.parent) as folder:
            path = Path(folder) / "shard"
            with suppress(FileNotFoundError):
                self._mirror.store.download(self._key(self.chunk_path(array, shard)), path)
            yield path

    @contextmanager
    def new_shard(self, array: str, shard: int, partial: Path) -> Iterator[BinaryIO]:
        """Give what takes a shard and uploads it meanwhile; it is there once all of it is written."""
        partial.touch()  # by its name it tells what this worker has in hand
        with self._mirror.store.writer(self._key(self.chunk_path(array, shard))) as file:
            yield file
        partial.unlink()

    def save_mark(self, mark: DoneMark) -> None:
        """Write the mark of a shard that is in its place, here and there."""
        super().save_mark(mark)
        path = self.mark_path(mark.array, mark.shard)
        self._mirror.store.write(self._key(path), path)

    def _read_indices(self, array: str, shards: Sequence[int]) -> None:
        """Read the indices at the ends of shards that have the size in their marks, all at once."""
        keys = [self._key(self.chunk_path(array, shard)) for shard in shards]
        marks = [self.mark(array, shard) for shard in shards]
        tail = index_size_bytes(self.blocks_per_shard)
        # A byte more than there should be, which tells whether the shard is longer.
        ends = [(max(0, mark.bytes - tail), mark.bytes + 1) for mark in marks]
        found = self._mirror.store.read_all(keys, ends)
        for shard, key, mark, end in zip(shards, keys, marks, found, strict=True):
            if end is not None and len(end) == min(mark.bytes, tail):
                self._shards[array][shard] = RemoteShardBytes(self._mirror, key, mark, end)

    def _key(self, path: Path) -> str:
        return self._mirror.key_of(path)


class RemoteShardBytes:
    """The bytes of a shard: each range is a request of its own, but for the index at the end, which was read before.

    Attributes:
        size_bytes: How many there are.
    """

    def __init__(self, mirror: Mirror, key: str, mark: DoneMark, tail: bytes) -> None:
        self._mirror, self._key, self._mark, self._tail = mirror, key, mark, tail
        self.size_bytes = mark.bytes

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier; raise Problem."""
        within = start - (self.size_bytes - len(self._tail))
        if within >= 0:
            return self._tail[within : within + stop - start]
        data, cache = self._mirror.store.read(self._key, start, stop), self._mirror.cache
        if cache is not None and len(data) == stop - start:
            cache.keep(self._mark.sha256, start, data)
        return data

    def kept(self, start: int, stop: int) -> bytes | None:
        """Return a chunk that is in the cache, its checksum verified; None where it isn't."""
        cache = self._mirror.cache
        return None if cache is None else cache.find(self._mark.sha256, start, stop)
