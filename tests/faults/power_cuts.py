"""Power cuts: a file system of its own is shut down without a flush while a command writes to it, and mounted again."""

from __future__ import annotations

import ctypes
import fcntl
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.commands import COMMANDS, Command
from tests.faults.ground import Ground
from tests.faults.rounds import Round, with_finished
from tests.faults.shim import Call, Mode, Orders

# Size of the image, which is sparse, and how it is made. XFS wants 300 MB.
FILE_SYSTEMS = {
    "ext4": (64, ["mkfs.ext4", "-q", "-F"]),
    "xfs": (320, ["mkfs.xfs", "-q", "-f"]),
}
_CALLS = Orders(Call.CHANGES | Call.FLUSH, Mode.POWER, whole_group=True)
_SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN: _IOR('X', 125, u32)
_WITHOUT_FLUSH = struct.pack("I", 2)
_NEW_MOUNT_NAMESPACE = 0x00020000


def why_not(file_system: str) -> str:
    """Say why power can't be cut here on a kind of file system; empty where it can."""
    if os.geteuid():
        return "mounting needs root"
    if not Path("/dev/loop-control").exists():
        return "mounting an image needs loop devices"
    maker = FILE_SYSTEMS[file_system][1][0]
    return "" if shutil.which(maker) else f"{maker} isn't installed"


def hide_mounts() -> None:
    """Give this process mounts of its own, which end with it, however that ends. Call it before the server starts."""
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNT_NAMESPACE) == 0:
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def power_rounds(file_system: str, ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return a round for every call of the commands, and some for when a command has finished."""
    return [
        Round(file_system, command.name, "cut", at)
        for command in commands
        for at in range(1, 1 + with_finished(ground.calls(command, _CALLS.mask)))
    ]


def play_power(ground: Ground, round_: Round) -> list[str]:
    """Cut the power at a call, or once the command has finished; mount again, and run the command again."""
    command, chance = COMMANDS[round_.command], random.Random(str(round_))
    calls = ground.calls(command, _CALLS.mask)
    ground.reference(command)
    # The system commits names every few seconds, and data much later: here at some call, or not at all.
    tick = chance.randint(1, round_.at) if chance.random() < 0.6 else 0
    disk = ground.base / "disk"
    image = _image(ground, command, round_.kind)
    with _mounted(image, disk) as work:
        ended = ground.runner.run(work, command.words, _CALLS.at_call(round_.at if round_.at <= calls else 0, tick))
        if not ended.hits:
            _shut_down(disk)
    with _mounted(image, disk) as work:
        return ground.faults_after(command, ended, work, power_lost=True)


def _image(ground: Ground, command: Command, file_system: str) -> Path:
    """Make a disk with the folder that a command begins in, all of it flushed."""
    image, megabytes = ground.base / "image", FILE_SYSTEMS[file_system][0]
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run([*FILE_SYSTEMS[file_system][1], str(image)], check=True)
    with _mounted(image, ground.base / "disk") as work:
        ground.fresh(command, work)
    return image


@contextmanager
def _mounted(image: Path, disk: Path) -> Iterator[Path]:
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
    try:
        yield disk / "work"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _shut_down(disk: Path) -> None:
    """Shut a file system down, and forget what wasn't flushed."""
    folder = os.open(disk, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, _SHUTDOWN, _WITHOUT_FLUSH)
    finally:
        os.close(folder)
