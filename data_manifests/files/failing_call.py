"""Calls of the system that fail, told from damage of a file, which libraries report in the same way.

A file that may not be read, one descriptor too many, a disk or a server that fails: nothing of that says anything of
the file, so that it is never called damaged for it, left out, or made anew.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from bgfg.data_manifests.files.regular_file import UnfitFile

# What calls say of the file itself: that there is none, or that a damaged number led out of it.
_OF_THE_FILE = frozenset((
    None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.EOVERFLOW,
    errno.EFBIG, errno.ESPIPE, errno.EILSEQ, errno.ERANGE, errno.EDOM,
))  # fmt: skip

# What calls say of a link to nothing: that nothing is there, or, where a folder is to be made, that something is.
_OF_LINKS = (errno.ENOENT, errno.EEXIST, errno.ELOOP)

# What Python says where the system refuses a thread.
_NO_THREAD = "can't start new thread"

_REMEDIES = {
    errno.EMFILE: "raise `ulimit -n`",
    errno.ENFILE: "close other programs",
    errno.EFBIG: "raise `ulimit -f`, or give a disk that takes larger files",
    errno.ENOMEM: "free memory, or give fewer workers",
    errno.EAGAIN: "raise `ulimit -u` or `ulimit -v`, or give fewer workers",
}


def failed_call(error: BaseException) -> OSError | None:
    """Return the failing call that an error is, or was raised for.

    Args:
        error: What a library raised where it read a file.

    Returns:
        The call's error; None where the error says something of the file.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno not in _OF_THE_FILE:
            return seen
        if isinstance(seen, MemoryError):
            return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        if isinstance(seen, RuntimeError) and _NO_THREAD in str(seen):
            return OSError(errno.EAGAIN, _NO_THREAD)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def raise_failed_call(error: BaseException, path: str | os.PathLike[str]) -> None:
    """Raise the failing call that an error was raised for, with the path that was read; return where there is none."""
    call = failed_call(error)
    if call is not None and call.errno is not None:
        # Libraries put sentences of their own in the place of the system's.
        raise OSError(call.errno, _reason(call), call.filename or os.fspath(path)) from error


def failed_path(error: OSError) -> str | None:
    """Return the file that a call failed for; of a renaming the one that was to be, not the temporary one."""
    name = error.filename2 or error.filename
    return None if name is None else os.fsdecode(name)


def call_line(error: OSError) -> str:
    """Return the line for a call that failed: its file, the reason, and what to do."""
    name = failed_path(error) or "disk"
    nowhere = next(filter(is_link_to_nothing, (name, *map(str, Path(name).parents))), None)
    if error.errno in _OF_LINKS and nowhere is not None:
        return link_line(nowhere)
    mend = _REMEDIES.get(error.errno or 0, "mend that")
    return f"{name}: {_reason(error)}; {mend} and run the same command again"


def is_link_to_nothing(path: str | os.PathLike[str]) -> bool:
    """Say whether a path is a link to what isn't there, or to itself."""
    return os.path.islink(path) and not os.path.exists(path)


def link_line(path: str | os.PathLike[str]) -> str:
    """Return the line for an output whose name is that of a link to nothing."""
    return f"{os.fspath(path)}: is a link to nothing: remove it, or give another name"


def call_reason(call: OSError) -> str:
    """Return why a call failed, in the system's words, and what to do if that isn't plain."""
    remedy = _REMEDIES.get(call.errno or 0)
    return _reason(call) + (f"; {remedy}" if remedy else "")


def _reason(call: OSError) -> str:
    if call.errno is None or call.strerror == _NO_THREAD or isinstance(call, UnfitFile):
        return call.strerror or str(call)
    return os.strerror(call.errno)
