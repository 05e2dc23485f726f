"""The device that a network runs on: chosen, checked, and told in words."""

from __future__ import annotations

import platform

import torch
from bgfg.data_manifests.terminal.errors import Problem


def chosen_device(name: str) -> torch.device:
    """Return the device of this name; for `auto` the first of cuda, mps and cpu that is there.

    Raises Problem where there is no such device on this machine.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind, _, number = name.partition(":")
    if name == "auto":
        kind = next(kind for kind, is_there in there.items() if is_there)
        return torch.device(kind)
    has_number = not number or (kind == "cuda" and number.isdecimal() and int(number) < torch.cuda.device_count())
    if not there.get(kind, False) or not has_number:
        can = ", ".join(kind for kind, is_there in there.items() if is_there)
        raise Problem(f"--device {name}: not on this machine, which has {can}: give one of them, or auto", exit_code=2)
    return torch.device(name)


def in_words(device: torch.device) -> str:
    """Return the device and what it is, such as `cuda (NVIDIA H200)`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({platform.machine() or 'processor unknown'})"
