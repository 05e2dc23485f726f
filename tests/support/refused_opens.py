"""A system that refuses to open files: for want of permission, of descriptors, or since the disk fails."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

# What says nothing of a file that can't be opened for it.
MACHINE_ERRORS = (errno.EACCES, errno.EMFILE, errno.EIO, errno.ENOMEM, errno.ESTALE)


@contextmanager
def refused_opens(*paths: Path, number: int = errno.EACCES) -> Iterator[None]:
    """Let every way of Python to open these files fail with an errno, in all threads of the process."""
    refused = {os.fspath(path) for path in paths}

    def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: Any, *args: Any, **options: Any) -> Any:
            if isinstance(path, (str, os.PathLike)) and os.fspath(path) in refused:
                raise OSError(number, os.strerror(number), os.fspath(path))
            return real(path, *args, **options)

        return opened

    with (
        patch.object(builtins, "open", refusing(builtins.open)),
        patch.object(io, "open", refusing(io.open)),
        patch.object(os, "open", refusing(os.open)),
    ):
        yield
