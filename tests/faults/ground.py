"""The ground on which rounds take place: folders that commands begin from, and what they make of them undisturbed."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from tests.faults.commands import CLUSTER, STORE, Command, make_sources
from tests.faults.hostile.play import HostileServer
from tests.faults.runs import Ended, Runner
from tests.faults.shim import Call, Orders
from tests.faults.store import Store, faulty_store
from tests.faults.trees import Tree, differences, tree_of
from tests.support.dask_processes import DaskProcesses, dask_processes
from tests.support.memory_disk import temporary_root

# What libraries keep in the folder of temporary files between runs, on purpose.
_CACHES = (".ses", "torchinductor_")

# Of the cluster.
_WORKERS = 2


class Ground:
    """Folders to begin from, references, and numbers of calls, each made once when it is first asked for."""

    def __init__(self, base: Path) -> None:
        """Set up; what runs commands, or readers, starts with the first round that needs it.

        Args:
            base: A folder of its own, best in memory; rounds take place in `work` below it.
        """
        self.base = base
        self.work = base / "work"
        self._open = ExitStack()
        self._stages: dict[tuple[str, ...], Path] = {}
        self._references: dict[str, Tree] = {}
        self._calls: dict[str, Mapping[Call, int]] = {}

    @cached_property
    def runner(self) -> Runner:
        """What runs commands."""
        return self._open.enter_context(Runner(self.base / "runner"))

    @cached_property
    def hostile(self) -> HostileServer:
        """What hands readers hostile input."""
        return self._open.enter_context(HostileServer(self.base / "hostile"))

    @cached_property
    def cluster(self) -> DaskProcesses:
        """A Dask cluster, whose workers the shim stands in too, each in a group of processes of its own."""
        folder = self.base / "dask"
        folder.mkdir()
        return self._open.enter_context(dask_processes(folder, _WORKERS, environment=self.runner.shim.environment))

    @cached_property
    def store(self) -> Store:
        """An object store."""
        return self._open.enter_context(faulty_store(self.runner.pid_file))

    def run(self, command: Command, folder: Path, orders: Orders | None = None) -> Ended:
        """Run a command in its folder; of one on a store the files count that stand for it on this machine."""
        if not command.on_store:
            return self.runner.run(folder, self.arguments(command), orders)
        words = [word.replace(STORE, self.store.url) for word in command.words]
        ended = self.runner.run(folder, words, orders, self.runner.temporary, environment=self.store.environment)
        for left in self.runner.temporary.glob("bgfg-mirror-*"):
            os.utime(left, (0, 0))  # that of a process that is gone is cleared by the next one, but not the same moment
        return ended

    def requests(self, command: Command) -> int:
        """How many requests a command makes of the store where nothing disturbs it."""
        folder = self.fresh(command)
        self.store.heal()
        _require(self.run(command, folder), command.line)
        return self.store.proxy.requests

    def arguments(self, command: Command) -> Sequence[str]:
        """What follows `bgfg`, word by word; workers of a cluster that were killed are replaced."""
        if not command.on_cluster:
            return command.words
        self.cluster.refill(_WORKERS)
        return [self.cluster.address if word == CLUSTER else word for word in command.words]

    def close(self) -> None:
        """End what was started."""
        self._open.close()

    def fresh(self, command: Command, work: Path | None = None) -> Path:
        """Make the folder that a command begins in anew, and return it."""
        self.runner.need(command.modules)
        begun, folder = self._stage(command.begun_from), work or self.work
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(begun, folder)
        if command.on_store:
            self.store.begin(folder, command.stored)
        return folder

    def tree(self, command: Command, folder: Path) -> Tree:
        """Return digests of what there is of a command."""
        return tree_of(folder) if not command.on_store else {**tree_of(folder), **self.store.tree()}

    def reference(self, command: Command) -> Tree:
        """The files that a command leaves where nothing disturbs it."""
        if command.name not in self._references:
            folder = self.fresh(command)
            _require(self.run(command, folder), command.line)
            self._references[command.name] = self.tree(command, folder)
        return self._references[command.name]

    def calls(self, command: Command, mask: Call) -> int:
        """How many calls of some kinds a command makes where nothing disturbs it."""
        if command.name not in self._calls:
            ended = self.run(command, self.fresh(command), Orders(Call.ANY))
            _require(ended, command.line)
            self._calls[command.name] = ended.calls
        return sum(n for kind, n in self._calls[command.name].items() if kind & mask)

    def faults_after(
        self, command: Command, hurt: Ended, work: Path | None = None, power_lost: bool = False
    ) -> list[str]:
        """Say what is wrong after a command was hurt, and after the same command was run once more.

        Args:
            command: The command.
            hurt: How it ended.
            work: Where it ran; None for the usual folder.
            power_lost: Whether the power went once it had ended. Then a removal may be undone, which harms nobody.
        """
        folder, expected = work or self.work, self.reference(command)
        faults = [f"left running: {name}" for name in hurt.left]
        if hurt.status == 0:  # it had another way, or had finished: all must be there
            differ = differences(expected, self.tree(command, folder))
            # A worker of a cluster that is killed leaves what it had in hand to the next run.
            may_be_left = power_lost or command.on_cluster
            # A lease that can't be removed runs out, and is known to be that of a process that is gone.
            faults += [
                f"ended with 0, but {fault}"
                for fault in differ
                if not ((may_be_left and fault.startswith("left")) or fault.endswith("/.lease"))
            ]
        again = self.run(command, folder)
        faults += [f"left running by the second run: {name}" for name in again.left]
        if again.status:
            faults.append(f"the same command again ended with {again.status}: {last_line(again)}")
        faults += differences(expected, self.tree(command, folder))
        # What killed processes leave in shared memory is nobody's until the next run clears it.
        left = [path for path in (*hurt.shared, *again.shared) if path.exists()]
        return [*faults, *_removed(left), *_removed(self._temporary_files())]

    def _temporary_files(self) -> list[Path]:
        there = self.runner.temporary.iterdir()
        return [path for path in there if not (path.name.startswith(_CACHES) or _is_trial(path))]

    def _stage(self, lines: tuple[str, ...]) -> Path:
        """Return the folder that some commands make, one after the other, of the sources."""
        if lines not in self._stages:
            folder = self.base / f"stage-{len(lines)}-{abs(hash(lines)) % 10**6}"
            if lines:
                shutil.rmtree(self.work, ignore_errors=True)
                shutil.copytree(self._stage(lines[:-1]), self.work)
                _require(self.runner.run(self.work, shlex.split(lines[-1])), lines[-1])
                self.work.rename(folder)
            else:
                make_sources(folder)
            self._stages[lines] = folder
        return self._stages[lines]


@contextmanager
def new_ground() -> Iterator[Ground]:
    """Give a ground in a folder of its own, in memory where there is room: rounds write little, but often."""
    with tempfile.TemporaryDirectory(prefix="bgfg-faults-", dir=temporary_root()) as base:
        ground = Ground(Path(base))
        try:
            yield ground
        finally:
            ground.close()


def last_line(ended: Ended) -> str:
    """The last line of what a command said, or printed."""
    lines: Sequence[str] = (ended.stderr or ended.stdout).strip().splitlines()
    return lines[-1] if lines else "nothing was said"


def _is_trial(path: Path) -> bool:
    """Say whether it is the file by which `tempfile` tries a folder, which a kill in that moment leaves."""
    return len(path.name) == 8 and path.is_file() and path.read_bytes() in (b"", b"blat")


def _removed(left: Sequence[Path]) -> list[str]:
    """Remove what was left behind outside the folder, so that it isn't found after the next round too."""
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return [f"left behind: {path}" for path in left]


def _require(ended: Ended, line: str) -> None:
    if ended.status:
        raise RuntimeError(f"`bgfg {line}` failed undisturbed, with {ended.status}: {ended.stderr}")
