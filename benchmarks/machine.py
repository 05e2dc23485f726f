"""Describe the machine that a benchmark ran on: a speed means nothing without it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.version import BGFG_VERSION

# Instruction sets that networks are faster by, by the names of Linux in capitals.
_INSTRUCTIONS = ("AVX2", "AVX512F", "AVX512_VNNI", "AVX512_BF16", "AVX512_FP16", "AMX_INT8", "AMX_BF16")
# What decides the speeds, by the names of the distributions.
_LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "zarr", "zstandard", "tensorstore")


@dataclass(frozen=True)
class BenchmarkMachine:
    """What speeds depend on.

    Attributes:
        cpu: Model of the processor.
        instructions: What it has of the instruction sets that networks are faster by.
        cores: How many this process may use.
        memory_gb: Memory.
        system: Operating system.
        python: Version of Python.
        disk: Kind of file system.
        load: Load average of the last minute when the run began, above 0 if the machine is shared.
        versions: Library -> version.
    """

    cpu: str
    instructions: tuple[str, ...]
    cores: int
    memory_gb: float
    system: str
    python: str
    disk: str
    load: float
    versions: dict[str, str]

    def sentence(self) -> str:
        """Return all of it in one line of Markdown."""
        libraries = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        processor = " ".join((self.cpu, *self.instructions))
        return (
            f"{processor}, {self.cores} cores, {self.memory_gb:.0f} GB of memory; {self.system}; Python {self.python}; "
            f"files on {self.disk}; load average {self.load:.1f} at the start; {libraries}."
        )


def describe_machine(work: Path) -> BenchmarkMachine:
    """Describe this machine, and the disk that the folder `work` lies on."""
    return BenchmarkMachine(
        cpu=_cpu(),
        instructions=_instructions(),
        cores=usable_cpu_count(),
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        system=_system(),
        python=platform.python_version(),
        disk=_disk(work),
        load=os.getloadavg()[0],
        versions={"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
    )


def _cpu() -> str:
    """Return the model's name; where /proc doesn't tell, the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def _instructions() -> tuple[str, ...]:
    """Return those of _INSTRUCTIONS that the processor has; none where /proc doesn't tell."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    flags = set(found.group(1).split()) if found else set()
    return tuple(name for name in _INSTRUCTIONS if name.lower() in flags)


def _system() -> str:
    release = Path("/etc/os-release")
    if not release.exists():
        return platform.platform()
    return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.system()} {platform.release()}"


def _disk(folder: Path) -> str:
    """Return the kind of file system that `folder` is on: one in memory makes writing files look fast."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "a disk of unknown kind"
    return file_system(folder.resolve(), [line.split()[:3] for line in mounts.read_text().splitlines()])


def file_system(folder: Path, mounts: Sequence[Sequence[str]]) -> str:
    """Return the file system's type of the deepest mount above `folder`; mounts: (device, mount point, type) each."""
    above = [(len(Path(point).parts), kind) for _, point, kind in mounts if folder.is_relative_to(point)]
    return max(above, key=lambda found: found[0])[1]
