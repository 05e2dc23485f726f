"""Putting a file in place: whatever happens, it is the old one or the new one, whole.

A file is written under a temporary name in its own folder, flushed to disk, renamed, and its folder is flushed. Whoever
is killed meanwhile leaves the temporary file behind; the next run of the same command clears it with `clear_partials`,
which tells by a kernel lock which ones are still being written.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.flush import flush_file, flush_folder

# Hidden, of a length of its own (a file's name may already be as long as names can be), with the suffix of the file,
# by which libraries choose what to write.
_PARTIAL_NAME = re.compile(r"\.[0-9a-f]{12}\.partial(\.[^.]+)?")

# A file system without locks, as some network ones are: nothing tells there whether a writer lives.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


@contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[Path]:
    """Write a file whole or not at all.

    Args:
        path: Where the file is to be, in a folder that is there; one that is there is replaced.
        durable: Whether a power cut right afterwards must find it. Without, a power cut may leave it empty or torn: for
            what a reader can tell and make again, or what `flush_file_system` flushes with others before it counts.

    Yields:
        The temporary path to write to, in the same folder and with the same suffix.
    """
    partial, descriptor = _new_partial(path)
    try:
        yield partial
        if durable:
            flush_file(partial)
        partial.replace(path)
    except BaseException:  # Ctrl-C too must not leave it behind
        partial.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    if durable:
        flush_folder(path.parent)


def replace_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file of `data`; see `replacing`."""
    with replacing(path, durable) as partial:
        partial.write_bytes(data)


def replace_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file as UTF-8; see `replacing`."""
    replace_bytes(path, text.encode("utf-8"), durable)


def is_partial(name: str) -> bool:
    """Say whether a file's name is one of the temporary names of `replacing`."""
    return _PARTIAL_NAME.fullmatch(name) is not None


def clear_partials(folder: Path) -> None:
    """Remove temporary files of writers that are gone from a folder, if it is there; folders in it aren't entered."""
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if is_partial(entry.name):
            with contextlib.suppress(FileNotFoundError):  # its writer has just finished, or another run clears too
                _remove_if_left(Path(entry.path))


def _remove_if_left(partial: Path) -> None:
    descriptor = os.open(partial, os.O_RDWR)
    try:
        if _lock(descriptor):
            partial.unlink()
    finally:
        os.close(descriptor)


def _new_partial(path: Path) -> tuple[Path, int]:
    """Make an empty temporary file and hold its lock; return it with the descriptor that holds it."""
    while True:
        partial = path.with_name(f".{secrets.token_hex(6)}.partial{path.suffix}")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        _lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return partial, descriptor
        os.close(descriptor)  # cleared by another run between the two calls


def _lock(descriptor: int) -> bool:
    """Lock a file; say whether that was possible: nobody else holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True
