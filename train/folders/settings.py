"""Settings of a folder of images and masks: their names, what they are where they aren't given, and their check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.groups import GROUP_MODES
from bgfg.train.folders.mask_encoding import MASK_MODES, OUTLINE_MODES
from bgfg.train.folders.mask_turns import TURN_MODES
from bgfg.train.folders.split import DEFAULT_SHARES, check_split_settings

SETTING_NAMES = ("split", "val", "test", "split_seed", "groups", "outline", "masks", "turn_masks")

# Of settings that are one of a few words, these; the first is the default.
_MODES = {"groups": GROUP_MODES, "outline": OUTLINE_MODES, "masks": MASK_MODES, "turn_masks": TURN_MODES}


def mode_of(settings: Mapping[str, Any], name: str) -> str:
    """Return "groups", "outline", "masks" or "turn_masks" of settings, or its default."""
    return str(settings.get(name, _MODES[name][0]))


def shares_of(settings: Mapping[str, Any]) -> str:
    """Return the shares of train/val/test in per cent; where counts are given, what they leave is for training."""
    return str(settings.get("split", DEFAULT_SHARES if not {"val", "test"} & settings.keys() else "100/0/0"))


def settings_as_trained(trained: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a folder that a network is tested on: those of its training, unless others are given.

    How masks were to be read isn't among them, for another folder's may be soft where those of the training were
    binary: as they were read there (`read_as` of ImageMaskFolder) they are read where they have no other values.
    """
    return {name: value for name, value in trained.items() if name != "masks"} | dict(given)


def check_settings(settings: dict[str, Any]) -> None:
    """Raise Problem (exit code 2) where settings have other names, or make no sense."""
    unknown = sorted(settings.keys() - set(SETTING_NAMES))
    if unknown:
        raise Problem(f"settings: no {unknown[0]!r}: give some of {', '.join(SETTING_NAMES)}", exit_code=2)
    check_split_settings(settings)
    for name, choice in _MODES.items():
        if mode_of(settings, name) not in choice:
            raise Problem(f"--{name.replace('_', '-')} {settings[name]}: give one of {', '.join(choice)}", exit_code=2)
