"""Arguments of public functions, checked against their annotations before any work, as options of commands are."""

from __future__ import annotations

import math
import os
import types
from collections.abc import Callable, Collection, Mapping
from functools import cache, wraps
from inspect import signature
from numbers import Integral, Real
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import click
import numpy as np

from bgfg.data_manifests.terminal.cli_types import (
    BATCH,
    LOOK_SIDE,
    QUALITY,
    REPORT_SAMPLES,
    WORKERS,
    FiniteRange,
    PrintableText,
)
from bgfg.data_manifests.terminal.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")

# What takes values within bounds: these are those of the options.
Workers = Annotated[int, WORKERS]
BatchSize = Annotated[int, BATCH]
LookSize = Annotated[int, LOOK_SIDE]
CacheBytes = Annotated[int, click.IntRange(1, 10**18)]
ReportSamples = Annotated[int, REPORT_SAMPLES]
Share = Annotated[float, FiniteRange(0, 1)]
Quality = Annotated[int, QUALITY]
Printable = Annotated[str, PrintableText()]

_NOUNS = {int: "whole number", float: "number", str: "text", os.PathLike: "path", Mapping: "mapping"}


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse arguments that aren't what the annotations of a function say, a line for each; a decorator.

    Known are numbers, texts, paths, `Literal`, unions, pairs, collections, mappings and classes, and `Annotated` with a
    type of click's, which has the bounds, or with words for what is to be given. NumPy's scalars become Python's.
    """
    names = tuple(signature(function).parameters)

    @cache  # when it is called first: an annotation may name what is imported later
    def hints() -> dict[str, Any]:
        return get_type_hints(function, include_extras=True)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        taken: Any = tuple(value.item() if isinstance(value, np.generic) else value for value in args)
        named: Any = {name: value.item() if isinstance(value, np.generic) else value for name, value in kwargs.items()}
        given = {**dict(zip(names, taken, strict=False)), **named}
        wrong = [
            f"{name}={value!r}: give {_described(hints()[name])}"
            for name, value in given.items()
            if name in hints() and not _fits(value, hints()[name])
        ]
        if wrong:
            raise Problem(*wrong, exit_code=2)
        return function(*taken, **named)

    return checked


def _fits(value: Any, hint: Any) -> bool:
    """Say whether a value is what an annotation says; of what isn't known here, everything is."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is Annotated:
        return _fits(value, inner[0]) and all(isinstance(bound, str) or _converts(value, bound) for bound in inner[1:])
    if kind in (Union, types.UnionType):
        return any(_fits(value, each) for each in inner)
    if kind is Literal:
        return any(type(value) is type(each) and value == each for each in inner)
    if kind is int:
        return _is_number(value, Integral)
    if kind is float:
        return _is_number(value, Real) and math.isfinite(value)
    if kind is str:
        return isinstance(value, str) and bool(value.strip())
    if kind is tuple:
        is_row = isinstance(value, (tuple, list)) and len(value) == len(inner)
        return is_row and all(map(_fits, value, inner))
    if isinstance(kind, type) and issubclass(kind, Collection) and inner and not issubclass(kind, Mapping):
        is_list = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
        return is_list and (isinstance(value, (np.ndarray, range)) or all(_fits(each, inner[0]) for each in value))
    return isinstance(value, kind) if isinstance(kind, type) else True


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _converts(value: Any, bound: click.ParamType) -> bool:
    try:
        bound.convert(value, None, None)
    except click.BadParameter:
        return False
    return True


def _described(hint: Any) -> str:
    """Return what an annotation takes, in words: "a whole number from 1 to 1024, or None"."""
    kinds = _alternatives(hint)
    said = [_described_one(each) for each in kinds if each is not type(None)]
    return " or ".join(dict.fromkeys(said)) + (", or None" if type(None) in kinds else "")


def _alternatives(hint: Any) -> list[Any]:
    """Return what a union is of; a text that may as well be a path is left out."""
    if get_origin(hint) not in (Union, types.UnionType):
        return [hint]
    inner = [part for each in get_args(hint) for part in _alternatives(each)]
    has_paths = any(_noun(each) == "path" for each in inner)
    return [each for each in inner if not (has_paths and each is str)]


def _described_one(hint: Any) -> str:
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is Annotated:
        bound = inner[1]
        if isinstance(bound, str):
            return bound
        limits = f" from {bound.min} to {bound.max}" if isinstance(bound, click.IntRange | click.FloatRange) else ""
        return f"{'' if limits else 'printable '}{_described_one(inner[0])}{limits}"
    if kind is Literal:
        return "one of " + ", ".join(map(repr, inner))
    if kind is bool:
        return "True or False"
    if kind is tuple:
        return f"a pair of {_noun(inner[0])}s"
    if isinstance(kind, type) and issubclass(kind, Collection) and inner and not issubclass(kind, Mapping):
        nouns = dict.fromkeys(_noun(each) for each in _alternatives(inner[0]))
        return f"a list of {' or '.join(f'{noun}s' for noun in nouns)}"
    return "text" if kind is str else f"a {_noun(hint)}"


def _noun(hint: Any) -> str:
    kind = get_origin(hint) or hint
    if isinstance(kind, type) and issubclass(kind, os.PathLike):
        return "path"
    return _NOUNS.get(kind, getattr(kind, "__name__", str(kind)))
