"""The preloaded shim: built by the C compiler at need, and told what to do through a file that all processes map."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from pathlib import Path

SOURCES = [Path(__file__).with_name(name) for name in ("shim.c", "orders.h")]


class Call(IntFlag):
    """Kinds of calls that the shim knows; `orders.h` has the same numbers."""

    OPEN_WRITE = 1
    OPEN_READ = 2
    WRITE = 4
    RENAME = 8
    UNLINK = 16
    MKDIR = 32
    TRUNCATE = 64
    META = 128
    FLUSH = 256
    CLOSE = 512
    READ = 1024

    ANY = 2047
    CHANGES = OPEN_WRITE | WRITE | RENAME | UNLINK | MKDIR | TRUNCATE | META


class Mode(IntEnum):
    """What happens at the chosen call: nothing, or after it, or in its place."""

    COUNT = 0
    KILL = 1
    TORN = 2
    FAIL = 3
    SHORT = 4
    SIGNAL = 5
    POWER = 6


class _Struct(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int64),
        ("at", ctypes.c_int64),
        ("tick", ctypes.c_int64),
        ("mode", ctypes.c_int32),
        ("mask", ctypes.c_int32),
        ("number", ctypes.c_int32),
        ("onwards", ctypes.c_int32),
        ("whole_group", ctypes.c_int32),
        ("hits", ctypes.c_int32),
        ("busy", ctypes.c_int32),
        ("of_kind", ctypes.c_int64 * 16),
        ("root", ctypes.c_char * 1024),
        ("log", ctypes.c_char * 1024),
    )


@dataclass(frozen=True)
class Orders:
    """What the shim is to do in a round.

    Attributes:
        mask: Kinds of calls that count.
        mode: What happens at the chosen call.
        at: Number of the call, from 1; 0 for none.
        number: The errno that it fails with, or the signal that is sent.
        onwards: Whether each later call fails too, as on a disk that stays full.
        whole_group: Whether all processes of the command are killed, or get the signal, not only the one that called.
        tick: Number of the call after which the journal of the file system is committed; 0 for none.
    """

    mask: Call = Call.CHANGES
    mode: Mode = Mode.COUNT
    at: int = 0
    number: int = 0
    onwards: bool = False
    whole_group: bool = False
    tick: int = 0

    def at_call(self, at: int, tick: int = 0) -> Orders:
        """Return these orders for a call of this number."""
        return replace(self, at=at, tick=tick)


class Shim:
    """A built shim and its orders.

    Attributes:
        log: The file in which calls are written down.
    """

    def __init__(self, folder: Path) -> None:
        """Build the shim.

        Args:
            folder: Where the file of orders and the log lie.
        """
        self._library = _built()
        self._orders = folder / "orders"
        self.log = folder / "calls.log"
        self._orders.write_bytes(bytes(ctypes.sizeof(_Struct)))
        with self._orders.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), ctypes.sizeof(_Struct))
        self._struct = _Struct.from_buffer(self._map)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of a process that the shim is to stand in."""
        return {"LD_PRELOAD": str(self._library), "FAULTS_ORDERS": str(self._orders)}

    def arm(self, root: Path, orders: Orders, log: bool = False) -> None:
        """Begin to count calls below `root`, and to hurt the chosen one; with `log` they are written down."""
        self.disarm()
        struct = self._struct
        struct.count = struct.hits = struct.busy = 0
        struct.of_kind = (ctypes.c_int64 * 16)()
        struct.at, struct.tick, struct.mode, struct.number = orders.at, orders.tick, orders.mode, orders.number
        struct.onwards, struct.whole_group = orders.onwards, orders.whole_group
        struct.root = str(root.resolve()).encode()
        struct.log = str(self.log).encode() if log else b""
        self.log.unlink(missing_ok=True)
        struct.mask = orders.mask  # last: from here on calls are counted

    def disarm(self) -> tuple[dict[Call, int], int]:
        """Let all calls pass; return how many of each kind were counted, and how many were hurt."""
        self._struct.mask = 0
        return {Call(1 << i): n for i, n in enumerate(self._struct.of_kind) if n}, self._struct.hits


def why_not() -> str:
    """Say why the shim can't be used here; empty where it can."""
    if not Path("/proc/self/fd").is_dir():
        return "the shim needs Linux (/proc)"
    if _compiler() is None:
        return "the shim needs a C compiler: install gcc"
    return ""


def _compiler() -> str | None:
    return shutil.which("gcc") or shutil.which("cc")


def _built() -> Path:
    """Return the library, compiled once for this text of it."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in SOURCES)).hexdigest()
    name = f"bgfg-faults-{digest[:16]}.so"
    library = Path(tempfile.gettempdir()) / name
    if not library.exists():
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / name
            command = [str(_compiler()), "-O2", "-shared", "-fPIC", "-o", str(made), str(SOURCES[0]), "-ldl"]
            subprocess.run(command, check=True)
            made.replace(library)
    return library
