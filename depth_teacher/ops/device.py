"""The device that a network runs on: chosen, checked, and told in words."""

from __future__ import annotations

import platform

import torch

from bgfg.data_manifests.terminal.errors import Problem

# From the fastest on: NVIDIA's or AMD's GPU, Apple's, the processor.
DEVICE_KINDS = ("cuda", "mps", "cpu")


def is_available(kind: str) -> bool:
    """Say whether this machine, and this build of PyTorch, have a device of one of DEVICE_KINDS."""
    if kind == "cuda":
        return torch.cuda.is_available()
    return torch.backends.mps.is_available() if kind == "mps" else True


def available_kinds() -> tuple[str, ...]:
    """Return which of DEVICE_KINDS are there, the fastest first; at least the processor."""
    return tuple(kind for kind in DEVICE_KINDS if is_available(kind))


def select_device(name: str) -> torch.device:
    """Return the device of a name such as `cpu` or `cuda:1`; for `auto` the fastest there is.

    Raises:
        Problem: There is no such device on this machine.
    """
    there = available_kinds()
    if name == "auto":
        return torch.device(there[0])
    kind, _, number = name.partition(":")
    has_number = not number or (kind == "cuda" and number.isdecimal() and int(number) < torch.cuda.device_count())
    if kind not in there or not has_number:
        can = ", ".join(there)
        raise Problem(f"--device {name}: not on this machine, which has {can}: give one of them, or auto", exit_code=2)
    return torch.device(name)


def present_device(given: torch.device | str) -> torch.device:
    """Return a device as PyTorch has it.

    Raises:
        Problem: It is none, or not on this machine.
    """
    there = available_kinds()
    try:
        device = torch.device(given)
    except RuntimeError:
        raise Problem(f"device={given}: no device: give one of {', '.join(there)}", exit_code=2) from None
    has_number = device.type != "cuda" or (device.index or 0) < torch.cuda.device_count()
    if device.type not in there or not has_number:
        line = f"device={device}: PyTorch {torch.__version__} finds none here"
        raise Problem(f"{line}: give one of {', '.join(there)}", exit_code=2)
    return device


def describe_device(device: torch.device) -> str:
    """Return the device and what it is, such as `cuda (NVIDIA H200)`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({platform.machine() or 'processor unknown'})"
