"""The arrays of a corpus, numbered through all its parts: read by sample, picture or shard, with their done marks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.files.checksum import array_sha256
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus_part import CorpusPart
from bgfg.synth.store.depth_code import DepthCode, depth_code
from bgfg.synth.store.done_marks import DoneMark
from bgfg.synth.store.hints import CopyHints, Hints
from bgfg.synth.store.layout import ArrayLayout
from bgfg.synth.store.remote_part import RemotePart
from bgfg.synth.store.shard import ShardReader

if TYPE_CHECKING:
    import zarr


class CorpusArrays:
    """The parts of a corpus, read as one.

    Attributes:
        path: The folder of the corpus.
        manifest: Its manifest/corpus.json; what it will be where parts count that are being made.
        geometry: Counts and sizes of its pictures.
        parts: Its parts, in their order.
        listed: How many of them corpus.json lists.
        hints: What to do about what is lost or damaged, in words.
        mirror: Of a corpus under a URL what stands for it here; None of one in a folder.
    """

    path: Path
    listed: int

    def _set_up(self, manifest: Manifest, hold_metadata: bool) -> None:
        self.manifest, self.geometry = manifest, manifest.geometry
        self.mirror = mirrored(self.path)
        self.hints = self._make_hints()
        parts: list[CorpusPart] = []
        for number in self.geometry.parts:
            first_shard = parts[-1].first_shard + len(parts[-1].shards) if parts else 0
            parts.append(self._open_part(number, first_shard, hold_metadata))
        self.parts: Sequence[CorpusPart] = tuple(parts)

    def _make_hints(self) -> Hints:
        is_read_alone = self.mirror is not None and not self.mirror.store.is_writable
        return CopyHints(self.path, self.manifest) if is_read_alone else Hints(self.path, self.manifest)

    def _open_part(self, number: int, first_shard: int, hold_metadata: bool) -> CorpusPart:
        arguments = self.path, self.manifest, number, first_shard, self.hints, hold_metadata
        return CorpusPart(*arguments) if self.mirror is None else RemotePart(*arguments, mirror=self.mirror)

    @property
    def group(self) -> zarr.Group:
        """The Zarr group data.zarr of the first part, as zarr-python has it."""
        return self.parts[0].group

    def __len__(self) -> int:
        return len(self.geometry.index)

    @property
    def location(self) -> str:
        """Where the corpus lies, for messages: its folder, or its URL."""
        return self.hints.location if self.mirror is None else self.mirror.store.url

    @property
    def layouts(self) -> dict[str, ArrayLayout]:
        """The layout of each array of the first part, by name; others have other counts, and boxes of cut-outs."""
        return self.parts[0].layouts

    @property
    def composed_arrays(self) -> tuple[str, ...]:
        """Names of the arrays that composing makes, in one pass."""
        return tuple(array for array in ("image", "mask", "instance") if array in self.layouts)

    @property
    def pending(self) -> Sequence[CorpusPart]:
        """The parts that are being made: they are none of the corpus before they are whole."""
        return self.parts[self.listed :]

    def describe_pending(self) -> str:
        """Say in words what is being added; empty where nothing is."""
        return self.geometry.describe_added(self.listed)

    def pending_step(self) -> str:
        """Return the calls of bgfg that make what is missing of what is being added, in backticks."""
        arrays = [*self.composed_arrays, *(["depth"] if "depth" in self.layouts else [])]
        lacking = (a for a in arrays if any(len(part.done_shards(a)) < len(part.shards) for part in self.pending))
        # What is there already is listed by whichever comes next.
        return ", then ".join(dict.fromkeys(map(self.hints.making, lacking))) or self.hints.making("image")

    @property
    def shards(self) -> range:
        """The numbers of all shards of an array of samples."""
        last = self.parts[-1]
        return range(last.first_shard + len(last.shards))

    def shard_of(self, sample: int) -> int:
        """Return the number of the shard that holds a sample."""
        part = self._part_of(sample)
        return part.first_shard + (sample - part.rectangle.first_sample) // part.samples_per_shard

    def _part_of(self, sample: int) -> CorpusPart:
        return self.parts[bisect_right(self.parts, sample, key=lambda part: part.rectangle.first_sample) - 1]

    def shards_of(self, samples: NDArray[np.int64]) -> list[int]:
        """Return the numbers of the shards that hold some samples, ascending."""
        found: list[int] = []
        for part in self.parts:
            first = part.rectangle.first_sample
            mine = samples[(samples >= first) & (samples < first + len(part.rectangle))] - first
            found += (part.first_shard + np.unique(mine // part.samples_per_shard)).tolist()
        return found

    def samples_of(self, shard: int) -> range:
        """Return the numbers of the samples that a shard holds."""
        part, number = self.place_of(shard)
        return part.samples_of(number)

    def place_of(self, shard: int) -> tuple[CorpusPart, int]:
        """Return the part that has a shard, and the number of the shard within it."""
        part = self.parts[bisect_right(self.parts, shard, key=lambda part: part.first_shard) - 1]
        return part, shard - part.first_shard

    def place_of_block(self, block: int) -> tuple[int, int]:
        """Return the shard that holds a block of K samples, and the number of the block within it."""
        sample = block * self.geometry.placements
        part = self._part_of(sample)
        shard, within = divmod(sample - part.rectangle.first_sample, part.samples_per_shard)
        return part.first_shard + shard, within // self.geometry.placements

    def array(self, name: str, part: int | None = None) -> Any:
        """Return an array as zarr-python has it.

        Args:
            name: Name of the array.
            part: Number of the part whose array it is; may be left out where there is one.

        Raises:
            Problem: The array is missing, isn't what the manifest says, or no part is named of several.
        """
        if part is None and len(self.parts) > 1:
            many = f"{len(self.parts)} parts, each with an array {name!r} of its own"
            raise Problem(f"{self.location}: has {many}: name one (part=0), or take read({name!r}, ...)")
        return self.parts[part or 0].array(name)

    def read(self, name: str, selection: int | slice) -> NDArray[Any]:
        """Read a part of an array, selected along its first dimension.

        Cut-outs of several parts, which lie in boxes of different sizes, are filled up with zeros.

        Raises:
            Problem: What is stored is damaged.
        """
        spans = self._spans(name)
        if len(spans) < 2:
            return self.parts[0].read(name, selection)
        numbers = range(spans[-1][1].stop)[selection]
        if isinstance(numbers, int):
            part, span = next((part, span) for part, span in spans if numbers in span)
            return part.read(name, numbers - span.start)
        if not numbers:
            return self.parts[0].read(name, slice(0, 0))
        low, high = sorted((numbers[0], numbers[-1]))
        within = ((part, span.start, range(max(low, span.start), min(high + 1, span.stop))) for part, span in spans)
        found = [part.read(name, slice(own.start - first, own.stop - first)) for part, first, own in within if own]
        return np.concatenate(_same_boxes(found))[:: numbers.step]

    def read_prepared(self, name: str) -> NDArray[Any]:
        """Read a prepared array whole.

        Raises:
            Problem: The array isn't what was prepared. A chunk that is missing reads as 0, so only the hash tells.
        """
        found = []
        for part in self.parts:
            if part.pictures(name):
                found.append(part.read(name, slice(None)))
                part.require_prepared(name, array_sha256(found[-1]))
        return found[0] if len(found) == 1 else np.concatenate(_same_boxes(found))

    def _spans(self, name: str) -> list[tuple[CorpusPart, range]]:
        """Return the parts that have an array, each with what of the whole it has."""
        if name in self.manifest.prepared:
            return [(part, part.pictures(name)) for part in self.parts if part.pictures(name)]
        spans = ((part, part.rectangle.first_sample) for part in self.parts)
        return [(part, range(first, first + len(part.rectangle))) for part, first in spans]

    def depth_code(self) -> DepthCode:
        """Return the coding of the array `depth`, as the manifest has it; raise Problem where there is no depth."""
        for part in self.parts:
            part.require_array("depth")
        return depth_code((self.manifest.teacher or {})["encoding"])

    def is_done(self, array: str, shard: int) -> bool:
        """Say whether a shard is marked done by this corpus and there, of the size in its mark."""
        part, number = self.place_of(shard)
        return part.is_done(array, number)

    def shard_size_bytes(self, array: str, shard: int) -> int | None:
        """Return the size of a shard, None where there is none."""
        part, number = self.place_of(shard)
        return part.shard_size_bytes(array, number)

    def done_shards(self, array: str) -> set[int]:
        """Return the shards of `array` that are done."""
        return {part.first_shard + number for part in self.parts for number in part.done_shards(array)}

    def marked_shards(self, array: str) -> set[int]:
        """Return the shards of `array` that have a mark, whatever it says."""
        return {
            part.first_shard + number
            for part in self.parts
            for number in part.marked_shards(array)
            if number in part.shards
        }

    def mark(self, array: str, shard: int) -> DoneMark:
        """Read the mark of a shard; raise Problem where it can't be read, or isn't this shard's."""
        part, number = self.place_of(shard)
        return part.mark(array, number)

    def mark_path(self, array: str, shard: int) -> Path:
        """Return the path of the mark of a shard."""
        part, number = self.place_of(shard)
        return part.mark_path(array, number)

    def is_damaged(self, array: str, shard: int) -> bool:
        """Say whether a shard that was done is of another size than its mark says."""
        part, number = self.place_of(shard)
        return part.damaged_sizes_bytes(array, number) is not None

    def require_done(self, array: str, shard: int) -> None:
        """Raise Problem where a shard isn't done, or is damaged; the message says what to run."""
        if array == "instance" and array not in self.layouts:  # no command makes it
            one = "" if self.manifest.is_imported else ", for there is one cut-out in each of its samples"
            raise Problem(f"{self.location}: has no array instance{one}: leave it out", exit_code=2)
        part, number = self.place_of(shard)
        if part.is_done(array, number):
            return
        if sizes := part.damaged_sizes_bytes(array, number):
            (found, marked), path = sizes, part.chunk_path(array, number).relative_to(self.path).as_posix()
            step = self.hints.remaking_step(array)
            raise Problem(f"{self.location}/{path}: is damaged ({found:,} bytes, {marked:,} expected): {step}")
        raise Problem(f"{self.location}: shard {shard} of {array} is not done: {self.hints.making_step(array)}")

    def chunk_path(self, array: str, number: int) -> Path:
        """Return the path of a shard, or of a prepared picture: the chunk key of Zarr v3."""
        if array in self.manifest.prepared:
            part, span = next((part, span) for part, span in self._spans(array) if number in span)
            return part.chunk_path(array, number - span.start)
        part, within = self.place_of(number)
        return part.chunk_path(array, within)

    def open_shard(self, array: str, shard: int) -> ShardReader:
        """Open a shard to be read chunk by chunk, without Zarr."""
        part, number = self.place_of(shard)
        return part.open_shard(array, number)

    def damage_problem(self, array: str, shard: int, error: Exception) -> Problem:
        """Return the error to raise for a shard that can't be read."""
        return Problem(f"{self.chunk_path(array, shard)}: {error}: {self.hints.damaged_shard}")


def _same_boxes(pictures: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return arrays of pictures filled up with zeros to the size of the largest."""
    largest = np.max([each.shape[1:] for each in pictures], axis=0)
    return [
        each
        if each.shape[1:] == tuple(largest)
        else np.pad(each, [(0, 0), *((0, n) for n in largest - each.shape[1:])])
        for each in pictures
    ]
