"""The place of a corpus on the command line: a folder, not a URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class _Folder(click.Path):
    """A folder that is or will be; a URL would be taken for one named `s3:`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take what isn't a URL."""
        if "://" in str(value):
            readers = "train, teach, evaluate and bench-stream read a corpus at a URL"
            self.fail(f"{value}: {readers}, this command doesn't: give a folder", param, ctx)
        return super().convert(value, param, ctx)


CORPUS = _Folder(path_type=Path)
