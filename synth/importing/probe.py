"""A first look at the files of a set: their hashes, and the sizes of the composites; nothing is decoded."""

from __future__ import annotations

import secrets
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from bgfg.data_manifests.images.decode import UNREADABLE, PictureError, open_picture, orientation_of
from bgfg.data_manifests.imports.foreign_set import ForeignSample
from bgfg.data_manifests.imports.plain_jpeg import plain_jpeg_size
from bgfg.data_manifests.imports.source_files import SourceFile, SourceFiles
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS, SOURCE_KINDS, read_found
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.importing.options import ImportOptions

_TURNED = range(5, 9)  # EXIF orientations that exchange the sides
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Probed:
    """What the first look at a sample gave.

    Attributes:
        hashes: SHA-256 of its files by SOURCE_KINDS, None where there is none.
        size_px: Height and width of the composite.
        error: Why the sample can't be used; empty if nothing is known against it.
    """

    hashes: tuple[str | None, ...]
    size_px: tuple[int, int]
    error: str = ""


def probe_samples(root: Path, found: Path, count: int, executor: Executor, folder: Path) -> list[Probed]:
    """Look at the files of all samples.

    Args:
        root: The folder of the set.
        found: The table of what was found of each sample.
        count: How many samples there are.
        executor: What runs the parts.
        folder: The folder that is written into.

    Returns:
        What each sample gave, in order.
    """
    parts = range(-(-count // GROUP_ROWS))
    gathered: dict[int, list[Probed]] = {}
    with executor.progress("files", count, 0) as advance:

        def gather(result: TaskResult) -> None:
            gathered[result.task] = result.value
            advance(len(result.value))

        work = partial(probe_part, root, found, count, secrets.token_hex(8))
        raise_failures(executor.run(folder, work, parts, gather), "part")
    return [probed for part in parts for probed in gathered[part]]


def probe_part(root: Path, found: Path, count: int, run: str, part: int) -> list[Probed]:
    """Look at the files of one row group of samples; run: a name of this look, for which archives are kept open."""
    first = part * GROUP_ROWS
    files = _files(root, run)
    return [_probe(files, sample) for sample in read_found(found, range(first, min(first + GROUP_ROWS, count)))]


@lru_cache(maxsize=1)
def _files(root: Path, _run: str) -> SourceFiles:
    return SourceFiles(root)


def _probe(files: SourceFiles, sample: ForeignSample) -> Probed:
    try:
        read = [None if path is None else files.read(path) for path in _paths(sample)]
        image = read[0]
        assert image is not None
        height_px, width_px = _plain_size(image.data) or _size(image)
    except PictureError as error:
        return Probed((None,) * len(SOURCE_KINDS), (0, 0), f"{error.path}: {error.reason}")
    except UNREADABLE as error:
        damage = PictureError.of(sample.image, error)
        return Probed((None,) * len(SOURCE_KINDS), (0, 0), f"{damage.path}: {damage.reason}")
    return Probed(tuple(None if file is None else file.sha256 for file in read), (height_px, width_px))


def _size(file: SourceFile) -> tuple[int, int]:
    """Return height and width of a picture once it is upright; raise any of UNREADABLE where it is damaged."""
    with open_picture(file.path, file.data) as opened:
        width_px, height_px = opened.size
        return (width_px, height_px) if orientation_of(opened) in _TURNED else (height_px, width_px)


def _plain_size(data: bytes) -> tuple[int, int] | None:
    """Return height and width of a PNG or a JPEG by its header; None for others, and where a tag may turn it."""
    if data[:8] == _PNG and data[12:16] == b"IHDR" and b"eXIf" not in data:
        width_px, height_px = struct.unpack(">II", data[16:24])
        return height_px, width_px
    size = plain_jpeg_size(data)
    return None if size is None else size[:2]


def _paths(sample: ForeignSample) -> list[str | None]:
    """Return the files of a sample by SOURCE_KINDS; a file of annotations, which many have, isn't among them."""
    mask = None if sample.mask is not None and sample.mask.endswith(".json") else sample.mask
    return [sample.image, mask, sample.depth, sample.instance]


def frame_size(root: Path, probed: Sequence[Probed], options: ImportOptions) -> tuple[int, int]:
    """Return height and width of the frame: what was asked for, or what all composites have.

    Raises:
        Problem: The composites are of several sizes, and none was asked for.
    """
    if options.size_px is not None:
        return options.size_px
    sizes = Counter(each.size_px for each in probed)
    (height_px, width_px), most = sizes.most_common(1)[0]
    if len(sizes) > 1:
        usual = f"{width_px}x{height_px} ({most:,} of {len(probed):,})"
        raise Problem(
            f"{root}: composites of {counted(len(sizes), 'size')}, mostly {usual}: a corpus has one: give --size "
            f"{width_px}x{height_px}, say, to which the others are cropped about their centre and resized",
            exit_code=2,
        )
    return height_px, width_px
