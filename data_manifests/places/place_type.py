"""Click's types of the place of a corpus, or of what is made of it: a folder, or a URL."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.terminal.cli_types import NamedPath


class _Place(NamedPath):
    """A folder, or a URL, which becomes the folder that stands for it until the command is over."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a path, or open what is under a URL."""
        if "://" not in str(value):
            return super().convert(value, param, ctx)
        found = self.folder_of(str(value))
        return ctx.with_resource(found) if ctx is not None else ExitStack().enter_context(found)

    def folder_of(self, url: str) -> AbstractContextManager[Path]:
        """Return what gives the folder that stands for a URL."""
        raise NotImplementedError


class _CorpusPlace(_Place):
    def folder_of(self, url: str) -> AbstractContextManager[Path]:
        from bgfg.data_manifests.places.corpus_place import corpus_folder

        return corpus_folder(url)


class _ExportPlace(_Place):
    def folder_of(self, url: str) -> AbstractContextManager[Path]:
        from bgfg.data_manifests.places.export_place import export_folder

        return export_folder(url)


class _PicturesPlace(_Place):
    def folder_of(self, url: str) -> AbstractContextManager[Path]:
        from bgfg.data_manifests.places.pictures_place import pictures_folder

        return pictures_folder(url)


CORPUS_PLACE = _CorpusPlace(path_type=Path)
EXPORT_PLACE = _ExportPlace(path_type=Path)
PICTURES_PLACE = _PicturesPlace(exists=True, file_okay=False, path_type=Path)
