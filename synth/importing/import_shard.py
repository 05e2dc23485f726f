"""One shard of an import: its samples are read, brought to the frame, written, and what was seen of them noted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.imports.coco_file import AnnotationsBySample
from bgfg.data_manifests.imports.foreign_set import ForeignSample
from bgfg.data_manifests.imports.source_files import SourceFile, SourceFiles
from bgfg.data_manifests.imports.source_tables import SOURCE_KINDS, read_found
from bgfg.data_manifests.terminal.errors import Problem, lines_by_reason
from bgfg.synth.importing.background_match import BackgroundMatcher
from bgfg.synth.importing.begun import (
    ANNOTATIONS_FILE,
    FOUND_FILE,
    BegunImport,
    open_begun,
)
from bgfg.synth.importing.coco_masks import read_objects
from bgfg.synth.importing.frame import Frame, read_values
from bgfg.synth.importing.sample_levels import LevelReader, sums_of
from bgfg.synth.importing.shard_facts import LOOK_PX, SampleFacts, ShardFacts
from bgfg.synth.store.depth_code import depth_code
from bgfg.synth.store.shard import ChunkEncoder

Pixels = dict[str, NDArray[Any]]


def import_shard(path: Path, root: Path, digest: str, run: str, shard: int) -> None:
    """Read, write and mark one shard of every array; sample by sample, never whole in memory.

    Args:
        path: The folder of the corpus.
        root: The folder of the pictures.
        digest: Digest of the import that has begun there.
        run: A name of this run of it: a process keeps to one what it has opened.
        shard: Number of the shard.

    Raises:
        Problem: Samples can't be read: a line for each reason.
    """
    reader, encoder = _reader(path, root, digest, run), ChunkEncoder(are_single=True)
    begun, corpus, samples = reader.begun, reader.begun.corpus(), reader.samples_of(shard)
    facts = ShardFacts()
    aside = "or leave it out by --skip-bad --replace"
    bad: list[tuple[str, str]] = []  # no errors: each holds what was read of its picture
    with ExitStack() as stack:
        writers = {array: stack.enter_context(corpus.write_shard(array, shard)) for array in begun.arrays}
        for number, sample in zip(corpus.samples_of(shard), samples, strict=True):
            try:
                pixels, seen = reader.read(number, sample)
            except PictureError as error:
                bad.append((error.path, f"{error.reason}. {error.remedy}, {aside}"))
                continue
            for array, each in pixels.items():
                chunk = each[:, None] if array == "image" else each[None]  # one sample a chunk
                writers[array].append_chunk(encoder.encode(chunk))
            facts.add(seen, {array: sums_of(pixels[array]) for array in pixels if array not in seen.levels.arrays})
        if bad:
            raise Problem(*lines_by_reason(bad))
    begun.save_facts(shard, facts.arrays())
    for array, writer in writers.items():
        totals = facts.totals(array, _unit_m(begun) if array == "depth" else 1.0)
        corpus.mark_done(array, shard, writer, *totals)


def _unit_m(begun: BegunImport) -> float:
    """Return the metres of a unit of depth codes, which are multiples of the first one's."""
    return float(depth_code((begun.manifest.teacher or {})["encoding"]).near_m)


@lru_cache(maxsize=1)
def _reader(path: Path, root: Path, digest: str, _run: str) -> SampleReader:
    return SampleReader(open_begun(path, root, digest))


class SampleReader:
    """Reads the samples of an import.

    Attributes:
        begun: The import.
    """

    def __init__(self, begun: BegunImport) -> None:
        self.begun, self._corpus = begun, begun.corpus()
        geometry = begun.manifest.geometry
        self._files = SourceFiles(begun.root)
        self._frame = Frame(geometry.height_px, geometry.width_px, begun.fits)
        self._matcher = BackgroundMatcher(self._corpus)
        self._levels = LevelReader(geometry.height_px, geometry.width_px)
        self._annotations = None
        if begun.categories is not None:
            self._annotations = AnnotationsBySample(begun.folder / ANNOTATIONS_FILE)

    def samples_of(self, shard: int) -> list[ForeignSample]:
        """Return the samples of a shard."""
        return read_found(self.begun.folder / FOUND_FILE, self._corpus.samples_of(shard))

    def read(self, number: int, sample: ForeignSample) -> tuple[Pixels, SampleFacts]:
        """Read a sample, each of its files once.

        Args:
            number: Its number.
            sample: What was found of it.

        Returns:
            Its pixels by array, and what is seen on them, with the SHA-256 of its files by SOURCE_KINDS.

        Raises:
            PictureError: It can't be read.
        """
        hashes = dict.fromkeys(SOURCE_KINDS, "")
        image, whole_px = self._frame.image(self._taken(sample.image, "image", hashes))
        pixels: Pixels = {"image": image}
        has_objects = self.begun.manifest.crowd is not None
        classes = None
        if self._annotations is not None:
            line = self._annotations.line(number)
            hashes["mask"] = hashlib.sha256(line).hexdigest()
            objects, categories = read_objects(sample.image, line, whole_px)
            objects = self._frame.nearest(objects, whole_px, sample.image).astype(np.uint8)
            classes = np.zeros(255, np.int16)
            classes[: len(categories)] = [(self.begun.categories or {})[category] for category in categories]
            pixels["mask"] = np.where(objects, np.uint8(255), np.uint8(0))
            if has_objects:
                pixels["instance"] = objects
        else:
            pixels["mask"] = self._frame.mask(self._taken(str(sample.mask), "mask", hashes), whole_px)
            if has_objects:
                pixels["instance"] = self._objects(sample.instance, hashes, whole_px, pixels["mask"])
        if self.begun.depth is not None:
            pixels["depth"] = self._depth(sample.depth, hashes, whole_px)
        return pixels, self._seen(sample, pixels, tuple(hashes.values()))._replace(classes=classes)

    def _taken(self, path: str, kind: str, hashes: dict[str, str]) -> SourceFile:
        file = self._files.read(path)
        hashes[kind] = file.sha256
        return file

    def _depth(self, path: str | None, hashes: dict[str, str], whole_px: tuple[int, int]) -> NDArray[Any]:
        coding, frame_px = self.begun.depth, self.begun.manifest.geometry.frame_px
        assert coding is not None
        if path is None:
            return coding.codes(np.zeros(frame_px, np.uint8))
        try:
            codes = coding.codes(read_values(self._taken(path, "depth", hashes)))
        except ValueError as error:
            raise PictureError(path, str(error), "Give maps of one kind") from error
        return self._frame.nearest(codes, whole_px, path)

    def _objects(
        self, path: str | None, hashes: dict[str, str], whole_px: tuple[int, int], mask: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        """Return which object is seen at each pixel; without a picture of them there is one, the mask."""
        if path is None:
            return (mask >= OPAQUE_U8).astype(np.uint8)
        values = self._frame.nearest(read_values(self._taken(path, "instance", hashes)), whole_px, path)
        if values.max() > 255:
            raise PictureError(path, "more than 255 objects", "Number them from 1 to 255")
        return np.where(mask >= OPAQUE_U8, values, 0).astype(np.uint8)

    def _seen(self, sample: ForeignSample, pixels: Pixels, sha256: Sequence[str]) -> SampleFacts:
        image, mask = pixels["image"], pixels["mask"]
        background = sample.background
        if background is None:
            background = self._matcher.match(image, mask)
        look = None
        if background is None:
            look = cv2.resize(image, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA).astype(np.uint8)
        objects = _object_boxes(pixels["instance"]) if self.begun.manifest.crowd is not None else None
        return SampleFacts(self._levels.read(image, mask, pixels.get("depth")), sha256, background, look, objects)


def _object_boxes(instance: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return box and pixels of objects 1 to 255, (255, 5) int32: x, y, width, height, pixels; zeros of what isn't."""
    found = np.zeros((255, 5), np.int32)
    for number in np.flatnonzero(np.bincount(instance.ravel(), minlength=256)[1:]) + 1:
        seen = (instance == number).astype(np.uint8)
        found[number - 1] = (*cv2.boundingRect(seen), cv2.countNonZero(seen))
    return found
