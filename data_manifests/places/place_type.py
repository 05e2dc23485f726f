"""Click's type of the place of a corpus: a folder, or a URL."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from bgfg.data_manifests.terminal.cli_types import NamedPath


class _CorpusPlace(NamedPath):
    """The folder of a corpus, or its URL, which becomes the folder that stands for it until the command is over."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take a path, or open what is under a URL."""
        if "://" not in str(value):
            return super().convert(value, param, ctx)
        from bgfg.data_manifests.places.corpus_place import corpus_folder

        found = corpus_folder(str(value))
        return ctx.with_resource(found) if ctx is not None else ExitStack().enter_context(found)


CORPUS_PLACE = _CorpusPlace(path_type=Path)
