"""Putting a file in place: whatever happens, it is the old one or the new one, whole.

A file is written under a temporary name in its own folder, flushed to disk, renamed, and its folder is flushed. Whoever
is killed meanwhile leaves the temporary file behind, and what it was to become isn't there: the next run makes that
again, and a process that first writes into a folder clears what others left in it. A kernel lock tells which temporary
files are still being written.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.flush import flush_file, flush_folder
from bgfg.data_manifests.files.followed_folder import tell_changed

# Hidden, of a length of its own (a file's name may already be as long as names can be), with the suffix of the file,
# by which libraries choose what to write.
_PARTIAL_NAME = re.compile(r"\.[0-9a-f]{12}\.partial(\.[^.]+)?")

# What versions before left: names that no user gives, and no process of this version writes to.
_NAME_OF_BEFORE = re.compile(r"\.[0-9a-f]{32}\.part|\.\w+\.safetensors\.[0-9]+|zarr\.[0-9a-f]{32}\.partial")

# A file system without locks, as some network ones are: nothing tells there whether a writer lives.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)

# Folders that this process has cleared of what others left. Once is enough: what a writer leaves there that is killed
# later waits for the next process, and harms nobody meanwhile.
_cleared: set[Path] = set()


@contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file whole or not at all; temporary files that others left in its folder go.

    Args:
        path: Where the file is to be, in a folder that is there; one that is there is replaced.
        durable: Whether a power cut right afterwards must find it. Without, a power cut may leave it empty or torn: for
            what a reader can tell and make again, or what `flush_file_system` flushes with others before it counts.

    Yields:
        The temporary path to write to, in the same folder and with the same suffix.
    """
    try:
        partial, descriptor = _new_partial(path)
    except OSError as error:
        raise _named(error, path) from error
    if path.parent not in _cleared:  # once a process: a folder may hold thousands of files
        _cleared.add(path.parent)
        clear_partials(path.parent)
    try:
        yield partial
        _take_over(partial, descriptor)
        if durable:
            flush_file(partial)
        partial.replace(path)
    except BaseException as error:  # Ctrl-C too must not leave it behind
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            raise _named(error, path) from error
        raise
    finally:
        os.close(descriptor)
    if durable:
        flush_folder(path.parent)
    tell_changed(path)


def replace_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file of `data`; see `replacing`."""
    with replacing(path, durable) as partial:
        partial.write_bytes(data)


def replace_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file as UTF-8; see `replacing`."""
    replace_bytes(path, text.encode("utf-8"), durable)


@contextmanager
def held_partial(folder: Path) -> Iterator[Path]:
    """Hold an empty temporary file in a folder, and clear what others left there: while it is there, its maker lives.

    Yields:
        Its path, which nobody else clears.
    """
    clear_partials(folder)
    partial, descriptor = _new_partial(folder / "held")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)
        os.close(descriptor)


def is_partial(name: str) -> bool:
    """Say whether a file's name is one of the temporary names of `replacing`."""
    return _PARTIAL_NAME.fullmatch(name) is not None


def clear_partials(folder: Path) -> None:
    """Remove temporary files of writers that are gone from a folder, if it is there; folders in it aren't entered."""
    with contextlib.suppress(FileNotFoundError, PermissionError):  # one that can't be listed is written to all the same
        for entry in os.scandir(folder):
            is_left = is_partial(entry.name) or _NAME_OF_BEFORE.fullmatch(entry.name) is not None
            if is_left and entry.is_file(follow_symlinks=False):
                # Its writer has just finished, another run clears too, or it is another user's.
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    _remove_if_left(Path(entry.path))


def clear_numbered(path: Path) -> None:
    """Remove what versions before left of a file in a folder of bgfg's: its name with the number of a process."""
    for leftover in path.parent.glob(f"{path.name}.*"):
        if leftover.suffix[1:].isdecimal():
            leftover.unlink(missing_ok=True)


def _named(error: OSError, path: Path) -> OSError:
    """Return an error with the name that a file is to have: a write knows none, and the temporary one tells nobody."""
    return error if error.errno is None else OSError(error.errno, error.strerror, str(path))


def _remove_if_left(partial: Path) -> None:
    descriptor = os.open(partial, os.O_RDWR | os.O_CLOEXEC)
    try:
        if _lock(descriptor, fcntl.LOCK_NB):
            partial.unlink()
    finally:
        os.close(descriptor)


def _new_partial(path: Path) -> tuple[Path, int]:
    """Make an empty temporary file and hold its lock; return it with the descriptor that holds it."""
    while True:
        partial = path.with_name(f".{secrets.token_hex(6)}.partial{path.suffix}")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            _lock(descriptor)  # waits for who clears, and so has locked it for a moment
            if os.fstat(descriptor).st_nlink:
                return partial, descriptor
        except BaseException:
            os.close(descriptor)
            partial.unlink(missing_ok=True)
            raise
        os.close(descriptor)  # cleared by another run between the two calls


def _take_over(partial: Path, descriptor: int) -> None:
    """Bring a descriptor to what lies at the temporary path by now, locked and with the mode that it had.

    Some libraries don't write to a file but put one of their own in its place, which its owner alone may read.
    """
    made = os.fstat(descriptor)
    if os.stat(partial).st_ino == made.st_ino:
        return
    opened = os.open(partial, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(opened, descriptor, inheritable=False)
    os.close(opened)
    _lock(descriptor)
    os.fchmod(descriptor, stat.S_IMODE(made.st_mode))


def _lock(descriptor: int, flags: int = 0) -> bool:
    """Lock a file; say whether that was possible: nobody else holds it, and there are locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    return True
