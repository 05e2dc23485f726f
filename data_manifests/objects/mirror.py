"""A folder that stands for what lies under a URL, so that whatever works on a folder works on it there.

What is small (manifests, tables, marks) is copied into the folder, and goes back once it has changed. What is large
stays where it is: it is read by ranges of bytes, and written there by who makes it. So a folder takes some megabytes,
and lies among the temporary files for as long as a command runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import replace_bytes, replacing
from bgfg.data_manifests.files.file_version import FileVersion
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.lease import LEASE_KEY, Lease, lease
from bgfg.data_manifests.objects.listed_object import ListedObject, Version, set_time
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME, ByteRange, ObjectStore, Superseded
from bgfg.data_manifests.terminal.errors import Problem, TryAgain

# So many are in memory at a time, none of them larger.
_COPIED_AT_A_TIME = 256
_LARGE_BYTES = 2**22

_NOTHING: ByteRange = (0, 0)


class Mirror:
    """A folder that stands for what lies under a URL.

    Attributes:
        folder: The folder.
        store: The objects.
        sizes: How many bytes each object that isn't copied had when they were listed, by its key.
        cache: Where chunks are kept on this disk that were read of large objects; None for nowhere.
        is_held: Whether the place is held for writing.
    """

    def __init__(self, folder: Path, store: ObjectStore, contents: Contents) -> None:
        self.folder, self.store, self._contents = folder, store, contents
        self._pictures = folder.parent / "pictures"
        self.sizes: dict[str, int] = {}
        self.cache: ChunkCache | None = None
        self._there: dict[str, ListedObject] = {}  # what is copied, as it is in the store
        self._copies: dict[str, FileVersion] = {}  # and as it was copied
        self._lease: Lease | None = None
        self.is_held = False

    @property
    def kind(self) -> str:
        """What lies under the URL, in a word."""
        return self._contents.kind

    @property
    def lease_token(self) -> str:
        """What tells the lease by which the place is held, or was last; "" where it never was."""
        return "" if self._lease is None else self._lease.token

    def listed(self) -> Iterator[tuple[str, int]]:
        """Yield the key and the size in bytes of each object that was there when they were listed, now if never yet."""
        if self.store.is_writable and not self._there and not self.sizes:
            self.fetch()
        yield from ((key, found.size_bytes) for key, found in self._there.items())
        yield from self.sizes.items()

    def key_of(self, path: Path) -> str:
        """Return the key of the object that a path in the folder stands for."""
        return path.relative_to(self.folder).as_posix()

    def fetch(self) -> None:
        """List what is there, and copy what isn't the same as when that was done last."""
        there, self.sizes = self._list()
        for key in self._there.keys() - there.keys():
            (self.folder / key).unlink(missing_ok=True)
            self._copies.pop(key, None)
        changed = [key for key, found in there.items() if self._there.get(key) != found]
        large = {key for key in changed if there[key].size_bytes > _LARGE_BYTES and not self._copied_range(there[key])}
        self._download_listed([*large])
        small = [key for key in changed if key not in large]
        for start in range(0, len(small), _COPIED_AT_A_TIME):
            self._copy({key: there[key] for key in small[start : start + _COPIED_AT_A_TIME]})
        self._there = there

    def _download_listed(self, keys: Sequence[str]) -> None:
        """Copy objects that were there when they were listed, without having them in memory."""
        try:
            self.download(keys)
        except FileNotFoundError:
            raise TryAgain(f"{self.store.url}: was changed while it was read: run the same command again") from None
        self._copies |= {key: FileVersion.of(self.folder / key) for key in keys}

    def cached(self, keys: Sequence[str]) -> list[Path]:
        """Return paths of objects that never change, fetched beside the folder where that isn't done yet.

        There is no file where there is no object.
        """
        paths = [self.folder / key if (self.folder / key).exists() else self._pictures / key for key in keys]
        absent = [(key, path) for key, path in zip(keys, paths, strict=True) if not path.exists()]
        found = self.store.read_all([key for key, _ in absent])
        for (_, path), content in zip(absent, found, strict=True):
            if content is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_bytes(path, content, durable=False)  # other workers may be fetching it too
        return paths

    def copy(self, keys: Sequence[str]) -> int:
        """Copy those objects that are there into the folder; return how many."""
        return self._copy(dict.fromkeys(keys))

    def _copy(self, objects: Mapping[str, ListedObject | None]) -> int:
        """Copy objects, or the beginning of each; return how many were there."""
        ranges = {key: self._copied_range(each) for key, each in objects.items()}
        asked = [key for key, each in ranges.items() if each != _NOTHING]
        found = dict(zip(asked, self.store.read_all(asked, [ranges[key] for key in asked]), strict=True))
        contents = [found.get(key, b"") for key in objects]
        for (key, listed), content in zip(objects.items(), contents, strict=True):
            if content is not None:
                path = self.folder / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                if self._contents.keeps_times and listed is not None:
                    set_time(path, listed.modified)
                self._copies[key] = FileVersion.of(path)
        return len(contents) - contents.count(None)

    def _copied_range(self, listed: ListedObject | None) -> ByteRange | None:
        most = None if listed is None else self._contents.copied_bytes(listed.key)
        if most == 0:
            return _NOTHING
        return None if listed is None or most is None or listed.size_bytes <= most else (0, most)

    def download(self, keys: Sequence[str]) -> None:
        """Copy objects into the folder, however large they are; raise FileNotFoundError where one isn't there."""
        paths = [self.folder / key for key in keys]
        for parent in {path.parent for path in paths}:
            parent.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as threads:
            list(threads.map(self.store.download, keys, paths))

    def fetched(self, key: str) -> Path:
        """Return the path in the folder of an object, however large, brought there where that isn't done yet.

        Raises:
            FileNotFoundError: It isn't there.
            Problem: It can't be read.
        """
        path = self.folder / key
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path, durable=False) as partial:  # other threads may be fetching it too
                self.store.download(key, partial)
        return path

    @contextmanager
    def lent(self, paths: Sequence[Path]) -> Iterator[None]:
        """Have files of the folder in the store for as long as this lasts, for workers of other machines."""
        try:
            self.upload(paths)
            yield
        finally:
            self.store.delete([self.key_of(path) for path in paths])

    def upload(self, paths: Iterable[Path]) -> None:
        """Bring files of the folder to the store, in concurrent requests."""
        self.store.write_all({self.key_of(path): path for path in paths})

    def bring(self, path: Path) -> None:
        """Bring a file of the folder to the store, or remove the object where the file is gone.

        Raises:
            Problem: It can't be written there, or the place was held and another writer has taken it over.
        """
        key = self.key_of(path)
        if not self._contents.is_published(key):
            return
        if self.is_held and self._lease is not None:
            self._lease.require()
        if not path.exists():
            self.store.delete([key])
            return
        version = FileVersion.of(path)
        self.store.write(key, path)
        self._copies[key] = version

    def bring_new(self) -> None:
        """Bring to the store each file of the folder that isn't the one there."""
        for path in self.folder.rglob("*"):
            if path.is_file() and self._copies.get(self.key_of(path)) != FileVersion.of(path):
                self.bring(path)

    @contextmanager
    def held(self, what: str, slice_name: str = "") -> Iterator[None]:
        """Hold the place for writing, on what is there by then; what was changed in the folder is published at the end.

        Args:
            what: What it is, for the message.
            slice_name: Of a slice of it, of which nothing is published: others may be writing other slices.

        Raises:
            PlaceHeld: Another writer holds it.
            Problem: It can't be written to.
        """
        if not self.store.is_writable:
            raise Problem(f"{self.store.url}: can be read alone, not written to: give a folder, or s3:// and the like")
        with lease(self.store, what, slice_name) as self._lease:
            self.is_held = True
            try:
                self.fetch()
                yield
                if slice_name:
                    self._lease.require()
                else:
                    self.publish()
            finally:
                self.is_held = False

    def publish(self) -> None:
        """Bring to the store what has changed in the folder, if the place is still held; raise Problem."""
        if self._lease is None:
            raise AssertionError("only who holds the place publishes")
        self._lease.require()
        head, of = self._contents.head, self._contents
        here = {self.key_of(path): path for path in self.folder.rglob("*") if path.is_file()}
        new = {key for key, path in here.items() if self._copies.get(key) != FileVersion.of(path)}
        written = sorted(key for key in new if key != head and of.is_published(key))
        gone = [key for key in self._there if key not in here and key != head]
        before = self._there.get(head)
        is_contradicted = head in new and any(key in self._there and of.is_told_by_head(key) for key in written)
        if before is not None and (head not in here or is_contradicted):
            self.store.delete([head])
            before = None
        self.store.delete(gone)
        self._write_by_rank({key: here[key] for key in written})
        if head in here and (before is None or head in new):
            self._replace_head(read_regular(here[head]), before.version if before else None)
        self.store.delete([key for key in self.sizes if of.is_left(self.folder, key)])
        if new or gone:
            self._there, self.sizes = self._list()
            self._copies = {key: FileVersion.of(path) for key, path in here.items()}

    def _write_by_rank(self, files: Mapping[str, Path]) -> None:
        """Write files, those of each rank before those of the next."""
        rank = self._contents.rank
        ranks = sorted({rank(key) for key in files}) or [0]
        self.store.delete([key for key in files if key in self._there and rank(key) > ranks[0]])
        for each in ranks:
            self.store.write_all({key: path for key, path in files.items() if rank(key) == each})

    def _replace_head(self, data: bytes, before: Version) -> None:
        """Write the head if it is the one that was read; raise Problem where somebody else has written it."""
        head = self._contents.head
        try:
            self.store.replace(head, data, before)
        except Superseded:
            found = self.store.read_version(head)
            if found is None or found[0] != data:  # else it was this process, and the answer to that got lost
                raise TryAgain(f"{self.store.url}: another writer was at it meanwhile: run it again") from None

    def _list(self) -> tuple[dict[str, ListedObject], dict[str, int]]:
        """Return what is there and copied, and the sizes of what isn't copied."""
        found = [each for each in self.store.list() if not each.key.startswith(LEASE_KEY)]
        copied = {each.key: each for each in found if self._contents.is_copied(each.key)}
        return copied, {each.key: each.size_bytes for each in found if each.key not in copied}
