"""An export under a URL: its marks are copied into the folder that stands for it, its files are there alone."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.synth.export.atomic_writer import AtomicWriter, WrittenFile
from bgfg.synth.export.manifest import ExportManifest
from bgfg.synth.export.part import ExportPart
from bgfg.synth.export.upload_writer import UploadWriter


class RemoteExportManifest(ExportManifest):
    """The state of an export under a URL: a part is done once its files are there, and its mark after them."""

    def __init__(self, out: Path, mirror: Mirror) -> None:
        super().__init__(out)
        self._mirror = mirror

    def mark_done(self, name: str, written: Sequence[WrittenFile]) -> None:
        """Note that a part or a group is done, here and there."""
        path = self.marks.path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)  # of a worker of another machine
        super().mark_done(name, written)
        self._mirror.store.write(self._mirror.key_of(path), path)

    def load_part(self, number: int) -> ExportPart:
        """Return the definition of a part; in a worker of another machine it is fetched."""
        self.path_of(self._mirror.key_of(self.parts / f"{number}.json"))
        return super().load_part(number)

    def save_parts(self, parts: Sequence[ExportPart], is_cluster: bool) -> None:
        """Write down the definitions of the parts, for the workers, those of other machines too."""
        super().save_parts(parts, is_cluster)
        if is_cluster:
            self._mirror.upload(self.parts.glob("*.json"))

    def path_of(self, file: str) -> Path:
        """Return the path of a file of the export, to be read; it is fetched where it isn't here."""
        path = self.out / file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._mirror.store.download(file, path)
        return path

    def remove_segments(self, parts: Container[str]) -> None:
        """Remove the segments of some parts, here and there."""
        keys = {self._mirror.key_of(path) for path in self.segments.iterdir()}
        super().remove_segments(parts)
        self._mirror.store.delete(sorted(key for key in keys if not (self.out / key).exists()))

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """The sizes of the files that were there before anything was written."""
        return dict(self._mirror.listed())

    def _size_bytes(self, file: str) -> int | None:
        return self._sizes.get(file)

    def _names_there(self) -> Iterable[str]:
        return {key.partition("/")[0] for key, _ in self._mirror.listed()}

    def _save(self, content: dict[str, Any]) -> None:
        super()._save(content)
        self._mirror.publish()

    def _writer_in(self, folder: Path) -> AbstractContextManager[AtomicWriter]:
        return UploadWriter(folder, self._mirror)
