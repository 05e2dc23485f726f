"""Networks as files describe them: built of a white list of options, without a download, as large as their weights.

Whoever hands over a checkpoint decides what is built from it. It is to be a network of the registry and nothing else:
no weights of another file, no address, no path, and no more memory than the file itself asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import torch
from torch import Tensor

from bgfg.data_manifests.files.json_form import misfit
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import ORIGIN_FORM
from bgfg.train.config.network_options import default_options, option_form
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import MODELS, build_model, network_class

_OPEN_NAME = re.compile(r"smp(:[\w.-]{1,100}){1,2}")


def build_stored(path: Path, model: Mapping[str, Any], weights: Mapping[str, Tensor], made_by: str) -> BaseNetwork:
    """Build the network that a file describes, with its weights.

    Args:
        path: The file, for error messages.
        model: Name and options of the network, as the file has them.
        weights: Its weights by name.
        made_by: Version of bgfg that wrote the file, for error messages.

    Raises:
        Problem: As `without_download` does, or the weights are of another network.
    """
    name, options = model["name"], without_download(path, model)
    try:
        # First without memory: sizes that the weights don't have aren't worth any.
        with torch.device("meta"):
            described = {key: tensor.shape for key, tensor in build_model(name, **options).state_dict().items()}
    except Problem:
        described = None  # some encoders can't be described so, all of which are of published sizes
    again = f"train again, or use bgfg {made_by or 'of another version'}, which trained it"
    unfit = Problem(f"{path}: its weights don't fit the {name} of this bgfg: {again}")
    if described is not None and described != {key: tensor.shape for key, tensor in weights.items()}:
        raise unfit
    net = build_model(name, **options)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise unfit from error
    return net


def without_download(path: Path, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options by which a network is built again from its file alone.

    Args:
        path: The file, for error messages.
        model: Name and options of the network, as the file has them.

    Raises:
        Problem: The network isn't known, or an option isn't one that bgfg writes: not known, of another type, or one by
            which building it would read other files or the network.
    """
    name, options = model["name"], dict(model["options"])
    if not (wrong := _is_unknown(name)):
        options = _by_the_names_of_today(network_class(name), options)
    wrong = wrong or _fetches(network_class(name), options) or _misfit(network_class(name), options)
    if wrong:
        advice = "give a file that `bgfg train` wrote, or train again"
        raise Problem(f"{path}: no network is built from what it says ({wrong}): {advice}")
    return options


def kept_weights(path: Path, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a stored network that say what its weights started from, for one that gets them from there.

    Args:
        path: The file, for error messages.
        model: Name and options of the network, as the file has them.
    """
    options = without_download(path, model)
    offline = network_class(model["name"]).offline_options
    return {option: options.get(option, value) for option, value in offline.items()}


def _by_the_names_of_today(network: type[BaseNetwork], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a file under the names that they have today; false stood for no weights."""
    former = network.former_options
    today = {former[option]: value or None for option, value in options.items() if option in former}
    return {option: value for option, value in options.items() if option not in former} | today


def _is_unknown(name: str) -> str:
    return "" if name in MODELS or _OPEN_NAME.fullmatch(name) else f"it is called {name!r:.60}"


def _fetches(network: type[BaseNetwork], options: Mapping[str, Any]) -> str:
    """Say which option would make building the network read other files, or download; "" for none."""
    for option, offline in network.offline_options.items():
        value = options.get(option, offline)
        if value != offline and not isinstance(value, Mapping):  # what an encoder started from isn't read again
            return f"option {option} is {value!r:.60}, which is for new networks only"
    return ""


def _misfit(network: type[BaseNetwork], options: Mapping[str, Any]) -> str:
    """Say which option isn't known or is of another type or size; "" for none."""
    hints = get_type_hints(network.__init__)
    forms = {option: option_form(option, hints[option]) for option in default_options(network)}
    if hints.get("weights", type(None)) is not type(None):  # what an encoder started from is all that is kept of them
        forms["weights"] = (None, ORIGIN_FORM)
    unknown = sorted(options.keys() - forms - {"targets"})
    if unknown:
        return f"it has no option {unknown[0]!r:.60}"
    return misfit(options, {"targets": [str]} | {f"{option}?": form for option, form in forms.items()}, "option")
