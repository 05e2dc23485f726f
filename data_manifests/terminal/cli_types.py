"""Click parameter types and option decorators that the commands of several packages share."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import click

from bgfg.data_manifests.files.json_form import parse_json

F = TypeVar("F", bound=Callable[..., Any])

# Metres of one unit of a depth map: whatever is beyond is a slip of the pen.
_LEAST_UNIT_M, _MOST_UNIT_M = 1e-9, 1e6

# A side of a picture: what has more digits is no picture, and Python refuses to read thousands of them.
_SIDE_PX = re.compile("[0-9]{1,9}")

# How many processes or threads may work; more would take all threads that a system has, and help nobody.
WORKERS = click.IntRange(1, 1024)

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


class NameValue(click.ParamType):
    """A setting, NAME=VALUE; gives the pair, the value as a number, a truth value, null or text."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        name, _, text = str(value).partition("=")
        if not name or not text:
            self.fail(f"{value!r}: give NAME=VALUE, such as width=16", param, ctx)
        try:
            return name, parse_json(text)
        except ValueError:
            return name, text


class ImageSize(click.ParamType):
    """A picture size, `224` or `320x240` (width × height); gives (height_px, width_px)."""

    name = "px"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Parse the text of the option."""
        if isinstance(value, tuple):
            return value
        width, by, height = str(value).lower().partition("x")
        height = height if by else width
        if not (_SIDE_PX.fullmatch(width) and _SIDE_PX.fullmatch(height)):
            self.fail(f"{value!r}: give pixels such as 224, or width x height such as 320x240", param, ctx)
        return int(height), int(width)


class DepthUnit(click.ParamType):
    """Metres of one unit of a depth map, `0.001` or a fraction such as `1/5000`."""

    name = "metres"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse the text of the option."""
        try:
            scale = float(Fraction(str(value).replace(" ", "")))
        except (ValueError, ZeroDivisionError, OverflowError):
            scale = 0.0
        if not _LEAST_UNIT_M <= scale <= _MOST_UNIT_M:
            self.fail(f"{value!r}: give metres such as 0.001, 1/5000 or 1/256", param, ctx)
        return scale


def combine_options(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Join options that several commands share into one decorator."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate
