"""Two hosts on this machine, each a network namespace, with a cable between them that can be pulled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class NetworkHost:
    """A host: its namespace, its end of the cable, and its address."""

    name: str
    interface: str
    address: str

    def start(self, command: Sequence[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command on the host, in a process group of its own, with all that it prints in a file."""
        with log.open("wb") as out:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command], stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **environment},
            )  # fmt: skip

    def lose_power(self) -> None:
        """Pull the cable, then kill all that runs: nobody is sent a word of it."""
        _ip("-n", self.name, "link", "set", self.interface, "down")
        self.kill_all()

    def kill_all(self) -> None:
        """Kill all that runs on the host."""
        listed = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True)
        for process in listed.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)


@contextmanager
def two_hosts() -> Iterator[tuple[NetworkHost, NetworkHost]]:
    """Make two hosts that reach each other; skip the test where this machine doesn't let us."""
    if shutil.which("ip") is None:
        pytest.skip("`ip` of iproute2 isn't installed")
    own = f"bgfg{os.getpid()}"
    a, b = (NetworkHost(f"{own}{letter}", f"{own}{letter}", f"10.77.0.{n}") for n, letter in enumerate("ab", 1))
    try:
        for host in (a, b):
            if (made := _ip("netns", "add", host.name, check=False)) is not None:
                pytest.skip(f"network namespaces can't be made here: {made}")
        cable = ("link", "add", a.interface, "netns", a.name, "type", "veth", "peer", "name", b.interface, "netns")
        if (made := _ip(*cable, b.name, check=False)) is not None:
            pytest.skip(f"no network cable can be made here: {made}")
        for host in (a, b):
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", host.interface)
            _ip("-n", host.name, "link", "set", "lo", "up")
            _ip("-n", host.name, "link", "set", host.interface, "up")
        try:
            yield a, b
        finally:
            for host in (a, b):
                host.kill_all()
    finally:
        for host in (a, b):
            _ip("netns", "delete", host.name, check=False)


def _ip(*words: str, check: bool = True) -> str | None:
    """Run `ip`; return what it said where it failed, and None else."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stderr
    return None if done.returncode == 0 else done.stderr.strip()
