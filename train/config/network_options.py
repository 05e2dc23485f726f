"""What the options of a network may be, by the types that its class gives them: of a file as of the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from bgfg.data_manifests.files.json_form import Form, misfit
from bgfg.data_manifests.terminal.errors import Problem

# No path, no address and no prefix of one is such a name.
_PLAIN_NAME = re.compile(r"[\w.-]{1,100}")

# Largest values of numbers that decide on time and memory before any weight is compared.
_LARGEST = {"input_px": 4096, "convolutions": 64}
_LARGEST_OTHER = 65_536

_WORDS = {float: "a number", bool: "true or false", str: "a name", type(None): "null"}


def default_options(network: type[Any]) -> dict[str, Any]:
    """Return the options that a network's class has beside its targets, and their defaults."""
    parameters = inspect.signature(network).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


def option_form(option: str, hint: Any) -> Form:
    """Return what the value of an option has to be, as a form of JSON.

    Args:
        option: Its name.
        hint: Its type in the signature of the network's class.
    """
    if get_args(hint) and get_origin(hint) is not Mapping:  # a union
        return tuple(option_form(option, each) for each in get_args(hint))
    if hint is int:
        return lambda value: type(value) is int and 1 <= value <= _most(option)
    if hint is float:  # JSON's NaN and Infinity are none
        return lambda value: misfit(value, float) == "" and abs(value) < float("inf")
    if hint is str:
        return lambda value: isinstance(value, str) and _PLAIN_NAME.fullmatch(value) is not None
    known: dict[Any, Form] = {bool: bool, type(None): None}
    return known.get(hint, {str: object})  # options of a backbone, of which timm_encoder.py has the white list


def require_options(name: str, network: type[Any], options: Mapping[str, Any]) -> None:
    """Raise Problem (exit code 2) where a network has no such option, or one is of another type or out of bounds.

    What a new network may start from, its `offline_options`, is any text: a file, say.

    Args:
        name: Name of the network in the registry.
        network: Its class.
        options: Those of its options that are given.
    """
    defaults, hints = default_options(network), get_type_hints(network.__init__)
    for option, value in options.items():
        if option not in defaults:
            raise Problem(f"{name}: has no option {option!r:.60}; it has {', '.join(defaults)}", exit_code=2)
        if option in network.offline_options:
            form, takes = (None, str, {str: object}), "a name or a file"
        else:
            form, takes = option_form(option, hints[option]), _in_words(option, hints[option])
        if misfit(value, form):
            raise Problem(f"{name}: {option} is {value!r:.60}: give {takes}", exit_code=2)


def _most(option: str) -> int:
    return _LARGEST.get(option, _LARGEST_OTHER)


def _in_words(option: str, hint: Any) -> str:
    """Return what an option takes, as advice."""
    if get_args(hint) and get_origin(hint) is not Mapping:
        return " or ".join(_in_words(option, each) for each in get_args(hint))
    if hint is int:
        return f"a whole number from 1 to {_most(option):,}"
    return _WORDS.get(hint, "an object of JSON")
