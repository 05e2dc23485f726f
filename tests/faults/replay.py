"""Power cuts by a model: of the calls that a command made, what wasn't flushed is lost, or half of it.

The shim writes all calls down, with the bytes. A disk is then what it was at the beginning and what the model keeps:

- Names change in the order of the calls (a journal), up to some moment after the last flush that commits them.
- A file has what was written before its last flush; of what was written later, the beginning, with the last piece torn.
  Its length goes with its bytes, as on ext4 (but with data=writeback), XFS and file systems that copy on write.

A flush of a file commits the names before it on ext4 and XFS ("ordered"); POSIX promises that of a flush of the folder
alone ("strict").
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.commands import COMMANDS, Command
from tests.faults.ground import Ground
from tests.faults.rounds import Round, with_finished
from tests.faults.shim import Call, Mode, Orders

MODELS = ("ordered", "strict")
_CALLS = Orders(Call.CHANGES | Call.FLUSH, Mode.KILL, whole_group=True)
_FLUSHES = ("fsync", "fdatasync", "syncfs")
_OF_CONTENT = ("create", "empty", "write", "truncate")


@dataclass(frozen=True)
class CallNote:
    """A call that was made, as the shim wrote it down: its paths are absolute.

    Attributes:
        call: Its name; "create" made a file, and "empty" opened one that was there and emptied it.
        file: Number of the file: its inode's, or another where an inode is used again.
        offset: Where it wrote, or the length to which it cut.
        data: What it wrote.
        path: The path that it was given, or that of the open file.
        path2: The second path of a renaming or a link.
    """

    call: str
    file: int
    offset: int
    data: bytes
    path: str
    path2: str


@dataclass
class _File:
    """A file of the model: what of it is safe, and what was done to it since."""

    safe: bytearray = field(default_factory=bytearray)
    later: list[CallNote] = field(default_factory=list)


def replay_rounds(ground: Ground, commands: Sequence[Command]) -> list[Round]:
    """Return rounds of both models at every call, and some for when all was finished."""
    return [
        Round("replay", command.name, model, at)
        for command in commands
        if not command.name.endswith("-2")
        for model in MODELS
        for at in range(1, 1 + with_finished(ground.calls(command, _CALLS.mask)))
    ]


def play_replay(ground: Ground, round_: Round) -> list[str]:
    """Run a command up to a call, keep what a disk would have, and run the command again on that."""
    command = COMMANDS[round_.command]
    ground.reference(command)
    folder = ground.fresh(command)
    before = _inodes(folder)
    kept = folder.with_name("kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept)
    ended = ground.runner.run(folder, command.words, _CALLS.at_call(round_.at), log=True)
    notes = list(read_notes(ground.runner.shim.log))
    survive(notes, before, folder, kept, round_.how == "strict", random.Random(str(round_)))
    shutil.rmtree(folder)
    kept.rename(folder)
    return ground.faults_after(command, ended, power_lost=True)


def read_notes(log: Path) -> Iterator[CallNote]:
    """Read the shim's log."""
    if not log.exists():
        return
    made: dict[int, int] = {}
    with log.open("rb") as file:
        while line := file.readline():
            call, inode, offset, size, path, path2 = line.decode().rstrip("\n").split("\t")
            if call == "create":
                made[int(inode)] = -len(made) - 1 if int(inode) not in made else made[int(inode)] - 2**32
            number = made.get(int(inode), int(inode))
            yield CallNote(call, number, int(offset), file.read(int(size)), path, path2)


def survive(
    notes: Sequence[CallNote], before: dict[int, str], folder: Path, kept: Path, strict: bool, chance: random.Random
) -> None:
    """Do to a copy of a folder what a disk keeps of calls when the power goes.

    Args:
        notes: The calls, up to the cut.
        before: The files that were there, by inode: their paths in the folder.
        folder: The folder in which the calls were made.
        kept: Its copy from before the calls.
        strict: Whether a flush of a file leaves names as they were.
        chance: Draws how much of what wasn't flushed is kept.
    """
    files = {number: _File(bytearray((kept / path).read_bytes())) for number, path in before.items()}
    as_before = {
        number: (bytes(files[number].safe), (kept / path).stat().st_mtime_ns) for number, path in before.items()
    }
    committed = 0
    for i, note in enumerate(notes):
        if note.call in _OF_CONTENT:
            files.setdefault(note.file, _File()).later.append(note)
        elif note.call in _FLUSHES:
            of_a_file = note.file in files and note.call != "syncfs"
            for number in [note.file] if of_a_file else files if note.call == "syncfs" else []:
                _flush(files[number])
            if not (strict and of_a_file):
                committed = i + 1
    for file in files.values():
        _keep_some(file, chance)
    _set_names(notes[: chance.randint(committed, len(notes))], before, folder, kept)
    for path in [path for path in kept.rglob("*") if path.is_file() and not path.is_symlink()]:
        number = int(path.read_bytes())
        path.unlink()  # it may be one of two names of a file
        path.write_bytes(files[number].safe)
        content, time_ns = as_before.get(number, (b"", 0))
        if number in as_before and content == files[number].safe:
            os.utime(path, ns=(time_ns, time_ns))


def _flush(file: _File) -> None:
    for note in file.later:
        _apply(file.safe, note)
    file.later.clear()


def _apply(content: bytearray, note: CallNote) -> None:
    if note.call == "write":
        content.extend(bytes(max(0, note.offset - len(content))))
        content[note.offset : note.offset + len(note.data)] = note.data
    elif note.call == "truncate":
        del content[note.offset :]
        content.extend(bytes(note.offset - len(content)))
    elif note.call == "empty":
        content.clear()


def _keep_some(file: _File, chance: random.Random) -> None:
    """Keep the beginning of what was done to a file since it was safe."""
    count = chance.randint(0, len(file.later))
    torn = file.later[count : count + 1]
    file.later = file.later[:count]
    if torn and torn[0].call == "write" and chance.random() < 0.5:
        file.later.append(replace(torn[0], data=torn[0].data[: len(torn[0].data) // 2]))
    _flush(file)


def _set_names(notes: Sequence[CallNote], before: dict[int, str], folder: Path, kept: Path) -> None:
    """Do to the copy what was done to names; each file then holds the number by which it is known."""
    for number, relative in before.items():
        (kept / relative).write_bytes(b"%d" % number)
    for note in notes:
        path, path2 = (kept / os.path.relpath(name or folder, folder) for name in (note.path, note.path2))
        match note.call:
            case "create":
                path.write_bytes(b"%d" % note.file)
            case "rename":
                path.replace(path2)
            case "link":
                os.link(path, path2)
            case "symlink":
                path.symlink_to(note.path2)
            case "unlink":
                path.unlink()
            case "rmdir":
                path.rmdir()
            case "mkdir":
                path.mkdir()


def _inodes(folder: Path) -> dict[int, str]:
    return {path.stat().st_ino: str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
