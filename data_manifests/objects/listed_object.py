"""An object as its store lists it: its key, size, version and time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

# A version of an object, by which it is replaced only if nobody else has done so; None for one that isn't there.
Version = dict[str, str] | None


@dataclass(frozen=True)
class ListedObject:
    """An object as its store lists it.

    Attributes:
        key: Its key under the URL.
        size_bytes: How many bytes it has.
        version: Which version of it that is.
        modified: When it was written, by the server's clock.
    """

    key: str
    size_bytes: int
    version: Version
    modified: datetime


def version_of(found: Any) -> Version:
    """Return the version of an object by what its store says of it."""
    return {name: str(found[name]) for name in ("e_tag", "version") if found.get(name)}


def set_time(path: Path, modified: datetime) -> None:
    """Give a copy of an object the time at which that was written."""
    ns = round(modified.timestamp() * 1e6) * 1000
    os.utime(path, ns=(ns, ns))
