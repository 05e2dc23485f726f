"""JSON that others may have written, or damaged: read within bounds, and each value held to what it has to be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.regular_file import read_regular

# What a value has to be: a type (`float` takes whole numbers too, and no number takes true or false), None, a function
# that says whether a value is right, a tuple of such of which one has to fit, a list of one for each element, or a
# dictionary by names: one that ends in ? may be missing, `str` stands for any name, and names beside these are free.
Form = Any

# The largest that bgfg writes itself are scans of folders of a million pairs; nothing has more than ten levels.
_MOST_BYTES = 2**30
_MOST_LEVELS = 64


def parse_json(text: str | bytes) -> Any:
    """Return what JSON says; raise ValueError where it is none, or too deep to be read."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # What can just be read may be too deep for whoever writes, compares or copies it.
    level = [found]
    for _ in range(_MOST_LEVELS):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, (dict, list))]
        if not level:
            return found
    raise ValueError("nested too deeply")


def read_json(path: Path) -> Any:
    """Return what a file of JSON in UTF-8 says.

    Args:
        path: The file.

    Raises:
        OSError: It can't be read.
        ValueError: It holds no JSON, is no regular file, or is too large or nested too deeply to be read.
    """
    return parse_json(read_regular(path, _MOST_BYTES).decode("utf-8"))


def misfit(value: Any, form: Form, name: str = "it") -> str:
    """Say in a few words where a value isn't what its form says; "" where it fits.

    Args:
        value: What JSON gave.
        form: What it has to be.
        name: What the value is called.
    """
    if isinstance(form, tuple):
        each_found = [misfit(value, each, name) for each in form]
        return "" if "" in each_found else each_found[-1]
    if isinstance(form, list):
        if not isinstance(value, list):
            return _is(name, value)
        return next((found for i, each in enumerate(value) if (found := misfit(each, form[0], f"{name}[{i}]"))), "")
    if isinstance(form, dict):
        return _misfit_of_names(value, form, name)
    return "" if _fits(value, form) else _is(name, value)


def is_distance_m(value: Any) -> bool:
    """Say whether a value is a distance in metres, from a micrometre to 1,000 km, for forms."""
    return _fits(value, float) and 1e-6 <= value <= 1e6


def is_share(value: Any) -> bool:
    """Say whether a value is a number from 0 to 1, for forms."""
    return _fits(value, float) and 0 <= value <= 1


def is_count(value: Any) -> bool:
    """Say whether a value is a whole number from 0 to 2^53, for forms."""
    return _fits(value, int) and 0 <= value <= 2**53


def is_line(value: Any) -> bool:
    """Say whether a value is a line of text that says something: printable and not blank, for forms."""
    return isinstance(value, str) and value.isprintable() and not value.isspace() and value != ""


def is_choice(value: Any, choices: Sequence[str]) -> bool:
    """Say whether a value is a list of some of the choices, at least one and each once, for forms."""
    return misfit(value, [str]) == "" and len(value) == len(set(value) & set(choices)) > 0


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _misfit_of_names(value: Any, form: Mapping[Any, Form], name: str) -> str:
    if not isinstance(value, Mapping):
        return _is(name, value)
    for key, each in form.items():
        known = value if key is str else [key.removesuffix("?")]
        for own in known:
            if own not in value:
                found = "" if key.endswith("?") else f"{name}.{own} is missing"
            else:
                found = misfit(value[own], each, f"{name}.{own}")
            if found:
                return found
    return ""


def _fits(value: Any, form: Form) -> bool:
    if form is None:
        return value is None
    if form in (int, float):
        return isinstance(value, (int, form)) and not isinstance(value, bool)
    return isinstance(value, form) if isinstance(form, type) else bool(form(value))


def _is(name: str, value: Any) -> str:
    text = repr(value)
    return f"{name} is {text if len(text) <= 60 else text[:57] + '...'}"
