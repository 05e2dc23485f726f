"""Options of the cache of what is read of a corpus under a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bgfg.data_manifests.places.place_type import NamedPath
from bgfg.data_manifests.terminal.cli_types import FiniteRange, combine_options
from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:
    from bgfg.data_manifests.objects.chunk_cache import ChunkCache

_DEFAULT_GB = 20.0

cache_options = combine_options(
    click.option(
        "--cache",
        type=NamedPath(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder in which chunks of a corpus under a URL are kept; several processes may share it.",
    ),
    click.option(
        "--cache-gb",
        type=FiniteRange(0, 1_000_000, min_open=True),
        metavar="GB",
        help="Most that --cache takes, in 1e9 bytes; what was used least recently goes.  [default: 20]",
    ),
)


def chunk_cache(folder: Path | None, limit_gb: float | None) -> ChunkCache | None:
    """Return the cache that the options ask for; None without one.

    Raises:
        Problem: The options don't go together, or the folder holds something else.
    """
    from bgfg.data_manifests.objects.chunk_cache import ChunkCache

    if folder is None and limit_gb is not None:
        raise Problem(f"--cache-gb {limit_gb:g}: is the size of a cache: give --cache DIR too", exit_code=2)
    return None if folder is None else ChunkCache(folder, int((limit_gb or _DEFAULT_GB) * 1e9))
