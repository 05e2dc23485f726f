"""Pictures that are given as arrays, checked before any work: other dtypes and shapes would give wrong results."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.model_card import ModelCard

_WANTED = "(H, W, 3) uint8 RGB"


def require_shots(card: ModelCard, picture: Any, background: Any) -> None:
    """Raise Problem, with a line for each fault, unless a picture and its background are what a model takes.

    Args:
        card: Says whether the model compares two shots.
        picture: What is given as the picture.
        background: What is given as the empty scene; None for none.
    """
    shots = {"picture": picture} if background is None else {"picture": picture, "background": background}
    faults = [fault for name, shot in shots.items() if (fault := _fault(name, shot))]
    if card.needs_background and background is None:
        faults.append(f"background: {card.name} compares two shots: give the one of the empty scene too, {_WANTED}")
    elif background is not None and not card.needs_background:
        faults.append(f"background: {card.name} looks at the picture alone: leave it out")
    elif background is not None and not faults and background.shape != picture.shape:
        faults.append(f"background: is {background.shape}, the picture {picture.shape}: give shots of one size")
    if faults:
        raise Problem(*faults, exit_code=2)


def require_rgb(name: str, given: Any, height_px: int, width_px: int) -> None:
    """Raise Problem unless an argument of a name is a picture (height_px, width_px, 3) uint8 RGB."""
    fault = _fault(name, given)
    if not fault and given.shape[:2] != (height_px, width_px):
        fault = f"{name}: is {given.shape}: give it at the picture's size, {(height_px, width_px, 3)}"
    if fault:
        raise Problem(fault, exit_code=2)


def _fault(name: str, given: Any) -> str:
    """Return what is wrong with an argument that is to be a picture, and what to give; "" if nothing."""
    if not isinstance(given, np.ndarray):
        opened = "PIL.Image.open(path)" if isinstance(given, str | PathLike) else "image"
        read = f"np.asarray({opened}.convert('RGB'))"
        return f"{name}: is of type {type(given).__name__}, no array: give {_WANTED}, such as {read}"
    if given.dtype == np.uint8 and given.ndim == 3 and given.shape[2] == 3 and given.size:
        return ""
    return f"{name}: is {given.dtype} {given.shape}: give {_WANTED}"
