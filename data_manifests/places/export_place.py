"""Where an export lies: in a folder, or under a URL, for which a folder of its marks stands meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror_folders import mirror
from bgfg.data_manifests.places.path_of_place import path_of_place
from bgfg.data_manifests.terminal.errors import Problem

_RECORD = "export.json"
_SUMS = "SHA256SUMS"
_MARK = re.compile(r"\.partial/done/[^./][^/]*\.json")


@path_of_place
def export_folder(location: str) -> Iterator[Path]:
    """Give the folder of an export: itself, or for a URL one that stands for it, for as long as this lasts.

    Args:
        location: A folder, or a URL that can be written to.

    Raises:
        Problem: The URL is none of a store, what is there can't be listed, or nothing can be written there.
    """
    with mirror(location, EXPORT_CONTENTS) as found:
        if not found.store.is_writable:
            line = f"{found.store.url}: can be read alone, not written to"
            raise Problem(f"{line}: give a folder, or s3:// and the like", exit_code=2)
        found.fetch()
        yield found.folder


def _is_copied(key: str) -> bool:
    return key in (_RECORD, _SUMS) or _MARK.fullmatch(key) is not None


def _is_left(folder: Path, key: str) -> bool:
    """Say whether an object is of the making of an export that is complete."""
    return key.startswith(".partial/") and not (folder / ".partial").exists()


# Files and marks are put there by who makes them, each mark after its files.
EXPORT_CONTENTS = Contents("export", _is_copied, lambda key: key == _SUMS, _is_left, _RECORD)
