"""The device to train on: which there is, its name, the precision it is good at, and Fabric on it."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric

from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.depth_teacher.ops.device import DEVICE_KINDS, available_kinds

PRECISIONS = ("32-true", "16-mixed", "bf16-mixed")
# Of an option: the precision that turns out to be fastest.
AUTO = "auto"


@dataclass(frozen=True)
class Device:
    """A kind of device of this machine.

    `kind` is one of DEVICE_KINDS, `name` what a person calls it, "" for the threads that PyTorch has by now, `count`
    how many there are.
    """

    kind: str
    name: str = ""
    count: int = 1

    @property
    def precision(self) -> str:
        """The fastest precision that trains well: bfloat16 where the GPU has it, half where it hasn't, else single."""
        if self.kind != "cuda":
            return "32-true"
        return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"

    def __str__(self) -> str:
        return f"{self.kind} ({self.name or counted(torch.get_num_threads(), 'thread')})"


def pick(asked: str | None = None) -> Device:
    """Return the device asked for, or the best one there is: an NVIDIA or AMD GPU, Apple's, the processor.

    Raises Problem (exit code 2) where the one asked for isn't there.
    """
    there = available_kinds()
    kind = asked or there[0]
    if kind not in DEVICE_KINDS:
        raise Problem(f"--device {kind}: give one of {', '.join(DEVICE_KINDS)}", exit_code=2)
    if kind not in there:
        version = torch.__version__
        raise Problem(f"--device {kind}: PyTorch {version} finds none here: leave the option out", exit_code=2)
    if kind == "cuda":
        return Device(kind, torch.cuda.get_device_name(), torch.cuda.device_count())
    if kind == "mps":
        return Device(kind, "Apple GPU")
    return Device(kind)


def require_precision(device: Device, precision: str) -> None:
    """Raise Problem (exit code 2) where there is no such precision, or the device has no units for it."""
    if precision not in PRECISIONS:
        raise Problem(f"--precision {precision}: give one of {', '.join(PRECISIONS)}", exit_code=2)
    if precision == "16-mixed" and device.kind == "cpu":
        line = f"--precision {precision}: half precision is for GPUs, and slow on a processor"
        raise Problem(f"{line}: give auto, bf16-mixed or 32-true", exit_code=2)


def fabric_on(device: Device, precision: str) -> Fabric:
    """Return Fabric, launched: one process, or the place of this one among those that torchrun started.

    Raises Problem (exit code 2) where the device doesn't have the precision.
    """
    require_precision(device, precision)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    processes, nodes = 1, 1
    if torch.distributed.is_torchelastic_launched():
        processes = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // processes
    if device.kind == "cuda" and processes > device.count:
        raise Problem(f"torchrun --nproc-per-node {processes}: {device.count} GPUs are here: give at most that many")
    fabric = Fabric(accelerator=device.kind, devices=processes, num_nodes=nodes, precision=precision)  # type: ignore[arg-type]
    fabric.launch()
    if device.kind == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    return fabric
