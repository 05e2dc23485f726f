"""A first look at the files of a set, before anything is written: whether they are there, and the sizes of composites.

Of a composite the beginning is read, of other files next to nothing. Where pictures that can't be used are to be left
out, all are decoded, and what COCO files say of them is painted, since which samples there are has to be known first.
"""

from __future__ import annotations

import secrets
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from bgfg.data_manifests.images.decode import UNREADABLE, PictureError, open_picture, orientation_of
from bgfg.data_manifests.imports.coco_file import AnnotationsBySample
from bgfg.data_manifests.imports.foreign_set import ForeignSample
from bgfg.data_manifests.imports.plain_jpeg import plain_jpeg_frame
from bgfg.data_manifests.imports.source_files import SourceFiles
from bgfg.data_manifests.imports.source_tables import GROUP_ROWS, read_found
from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.importing.begun import ANNOTATIONS_FILE
from bgfg.synth.importing.coco_masks import read_objects
from bgfg.synth.importing.frame import read_alpha, read_image, read_values
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.importing.source_hashes import lent_to_workers, source_paths

_TURNED = range(5, 9)  # EXIF orientations that exchange the sides
_PNG = b"\x89PNG\r\n\x1a\n"
_HEAD_BYTES = 4096  # what most JPEGs say of themselves


@dataclass(frozen=True)
class Probed:
    """What the first look at a sample gave.

    Attributes:
        size_px: Height and width of the composite.
        error: Why the sample can't be used; empty if nothing is known against it.
        file: The file that this is of.
    """

    size_px: tuple[int, int]
    error: str = ""
    file: str = ""


def probe_samples(root: Path, found: Path, count: int, decodes: bool, executor: Executor, folder: Path) -> list[Probed]:
    """Look at the files of all samples.

    Args:
        root: The folder of the set.
        found: The table of what was found of each sample; annotations of COCO files lie beside it.
        count: How many samples there are.
        decodes: Whether all pictures are decoded, so that what is wrong with any of them is known.
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

        work = partial(probe_part, root, found, count, decodes, secrets.token_hex(8))
        with lent_to_workers(folder, executor):
            raise_failures(executor.run(folder, work, parts, gather), "part")
    return [probed for part in parts for probed in gathered[part]]


def probe_part(root: Path, found: Path, count: int, decodes: bool, run: str, part: int) -> list[Probed]:
    """Look at the files of one row group of samples; run: a name of this look, for which archives are kept open."""
    files, annotations = _opened(root, found, run)
    numbers = range(part * GROUP_ROWS, min((part + 1) * GROUP_ROWS, count))
    lines = (None if annotations is None or not decodes else annotations.line(number) for number in numbers)
    samples = zip(read_found(found, numbers), lines, strict=True)
    return [_probe(files, sample, decodes, line) for sample, line in samples]


@lru_cache(maxsize=1)
def _opened(root: Path, found: Path, _run: str) -> tuple[SourceFiles, AnnotationsBySample | None]:
    annotations = found.with_name(ANNOTATIONS_FILE)
    return SourceFiles(root), AnnotationsBySample(annotations) if annotations.exists() else None


def _probe(files: SourceFiles, sample: ForeignSample, decodes: bool, annotations: bytes | None) -> Probed:
    try:
        size_px = _size(files, sample.image)
        if decodes:
            _decode(files, sample)
            if annotations is not None:
                read_objects(sample.image, annotations, size_px)
        else:
            for path in source_paths(sample)[1:]:
                if path is not None:
                    files.require(path)
    except PictureError as error:
        return Probed((0, 0), error.reason, error.path)
    except UNREADABLE as error:
        damage = PictureError.of(sample.image, error)
        return Probed((0, 0), damage.reason, damage.path)
    return Probed(size_px)


def _decode(files: SourceFiles, sample: ForeignSample) -> None:
    """Decode all pictures of a sample; raise PictureError where one can't be used."""
    for path, read in zip(source_paths(sample), (read_image, read_alpha, read_values, read_values), strict=True):
        if path is not None:
            read(files.read(path))


def _size(files: SourceFiles, path: str) -> tuple[int, int]:
    """Return height and width of a picture once it is upright.

    Raises:
        PictureError: It can't be read.
        Exception: Any of UNREADABLE, where it is damaged.
    """
    plain = _plain_size(files.read(path, _HEAD_BYTES).data)
    if plain is not None:
        return plain
    file = files.read(path)
    if file.data[:8] == _PNG and file.data[12:16] == b"IHDR" and b"eXIf" not in file.data:
        width_px, height_px = struct.unpack(">II", file.data[16:24])
        return height_px, width_px
    with open_picture(file.path, file.data) as opened:
        width_px, height_px = opened.size
        return (width_px, height_px) if orientation_of(opened) in _TURNED else (height_px, width_px)


def _plain_size(head: bytes) -> tuple[int, int] | None:
    """Return height and width of a PNG or a JPEG by its beginning; None for others, and where a tag may turn it.

    The tags of a PNG may stand at its end, where turning a square changes nothing.
    """
    if head[:8] == _PNG and head[12:16] == b"IHDR":
        width_px, height_px = struct.unpack(">II", head[16:24])
        return (height_px, width_px) if height_px == width_px else None
    size = plain_jpeg_frame(head)
    return None if size is None else size[:2]


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
