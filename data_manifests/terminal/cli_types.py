"""Click parameter types and option decorators that the commands of several packages share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

import click

from bgfg.data_manifests.files.json_form import parse_json

F = TypeVar("F", bound=Callable[..., Any])

# Metres of one unit of a depth map: whatever is beyond is a slip of the pen.
_LEAST_UNIT_M, _MOST_UNIT_M = 1e-9, 1e6

# A side of a picture: what has more digits is no picture, and Python refuses to read thousands of them.
_SIDE_PX = re.compile("[0-9]{1,9}")

_CLUSTER = re.compile(r"([a-z]+://)?[\w.\-\[\]:]+:[0-9]{1,5}")

# How many processes or threads may work; more would take all threads that a system has, and help nobody.
WORKERS = click.IntRange(1, 1024)

# How many samples or pictures a network takes at a time; memory ends long before.
BATCH = click.IntRange(1, 2**20)

# A side of what a network looks at.
LARGEST_SIDE_PX = 16_384
LOOK_SIDE = click.IntRange(16, LARGEST_SIDE_PX)

# Quality of JPEG pictures.
QUALITY = click.IntRange(1, 100)

# How many samples a report shows whole.
REPORT_SAMPLES = click.IntRange(1, 100)


class NamedText(click.ParamType):
    """A text that says something: a blank one, of a shell variable that isn't set, say, would go unnoticed."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what is neither empty nor blank."""
        text = str(value)
        if not text.strip():
            self.fail(f"{text!r} is {'blank' if text else 'empty'}: give some text", param, ctx)
        return text


class PrintableText(NamedText):
    """A text that is written into files for others to show: no line break nor other control character in it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what is printable and not blank."""
        text = super().convert(value, param, ctx)
        if not text.isprintable():
            self.fail(f"{text!r} has characters that can't be printed: leave them out", param, ctx)
        return text


# A corpus in a folder, or at a URL.
CORPUS_OR_URL = NamedText()


class FiniteRange(click.FloatRange):
    """A finite number within bounds; click takes "nan", which is beyond no bound, and "inf" where there is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse the text of the option."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number", param, ctx)
        return number


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


def once_each(
    ctx: click.Context, param: click.Parameter, pairs: tuple[tuple[str, Any], ...]
) -> tuple[tuple[str, Any], ...]:
    """Refuse a setting that is given twice, of which one would silently count: for the callback of an option."""
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise click.BadParameter(f"{twice!r} is given twice: give it once", ctx, param)
    return pairs


class ClusterAddress(click.ParamType):
    """Where a cluster answers, such as tcp://10.0.0.5:8786 or 10.0.0.5:6379."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take what has a host and a port."""
        if not _CLUSTER.fullmatch(str(value)):
            self.fail(f"{value!r}: give host and port, such as tcp://10.0.0.5:8786 or 10.0.0.5:6379", param, ctx)
        return str(value)


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
