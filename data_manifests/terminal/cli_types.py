"""Click parameter types and option decorators that the commands of several packages share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _Folder(click.Path):
    """A folder that is or will be; a URL would be taken for one named `s3:`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take what isn't a URL."""
        if "://" in str(value):
            readers = "train, teach, evaluate and bench-stream read a corpus at a URL"
            self.fail(f"{value}: {readers}, this command doesn't: give a folder", param, ctx)
        return super().convert(value, param, ctx)


CORPUS_PATH = _Folder(path_type=Path)


class ImageSize(click.ParamType):
    """A picture size, `224` or `320x240` (width × height); gives (height_px, width_px)."""

    name = "px"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        width, by, height = str(value).lower().partition("x")
        height = height if by else width
        if not (width.isdecimal() and height.isdecimal()):
            self.fail(f"{value!r}: give pixels such as 224, or width x height such as 320x240", param, ctx)
        return int(height), int(width)


def combine_options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Join options that several commands share into one decorator."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate
