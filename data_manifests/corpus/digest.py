"""The digest of what determines the pixels of a corpus."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import AddedPictures, CorpusGeometry

CORPUS_FORMAT = "bgfg-corpus"
CORPUS_FORMAT_VERSION = 1

# The version of a corpus that was extended: to others its first part would seem to be all. And that of one in which
# something varies: to others none of its pixels would seem to be right.
EXTENDED_VERSION = VARIED_VERSION = 2

# The version of an imported corpus, whose samples are a list: programs that know plans alone have to refuse it.
IMPORTED_VERSION = 3
IMPORTED = "imported"

# Key under which a description in JSON carries its own digest.
SEAL_KEY = "sha256"


class PixelDigest:
    """SHA-256 of the canonical bytes of what determines the pixels, fed background by background.

    These are: format version and sizes as compact JSON; the prepared arrays in C order (`background`, `cutout`, and
    where the rule is `perspective`, `background_depth` as little-endian uint16); then every box (x, y, width, height)
    as little-endian int32 in the order of the samples. Where samples have several cut-outs, the JSON says so, and every
    paste (instance, cut-out, x, y, width, height) stands in place of the boxes. Where anything varies, the JSON says
    what, and after the boxes or pastes of a background comes what was drawn, as `BackgroundSamples` has it. The digest
    depends on no path, machine or number of workers. That of a further part has the digest before it in its JSON, and
    the new pictures alone.

    Args:
        geometry: Counts and sizes of the corpus.
        background: (B, H, W, 3) uint8.
        cutout: (F, h, w, 4) uint8.
        depth_mm: (B, H, W) uint16 where the placements depend on it, otherwise None.
        instances: Whether samples have several cut-outs.
        variety: What may vary, as the manifest has it; None where nothing does.
    """

    def __init__(
        self,
        geometry: CorpusGeometry,
        background: NDArray[np.uint8],
        cutout: NDArray[np.uint8],
        depth_mm: NDArray[np.uint16] | None = None,
        instances: bool = False,
        variety: Mapping[str, Any] | None = None,
    ) -> None:
        # These bytes are part of the format: another key, order or type would change every digest.
        header: dict[str, Any] = {"format": CORPUS_FORMAT, "version": CORPUS_FORMAT_VERSION, **geometry.sizes()}
        if instances:
            header["instances"] = True
        if variety is not None:
            header |= {"version": VARIED_VERSION, "variety": dict(variety)}
        self._begin(header, background, cutout, depth_mm)

    @classmethod
    def of_added(
        cls,
        extends: str,
        added: AddedPictures,
        background: NDArray[np.uint8] | None,
        cutout: NDArray[np.uint8] | None,
        depth_mm: NDArray[np.uint16] | None = None,
    ) -> PixelDigest:
        """Begin the digest of a further part: the digest before it stands for all that there was.

        Args:
            extends: Digest of the corpus before.
            added: How many pictures the part brings.
            background: The new backgrounds; None where there are none.
            cutout: The new cut-outs, likewise.
            depth_mm: Depth of the new backgrounds where the placements depend on it, otherwise None.
        """
        digest = cls.__new__(cls)
        header = {"format": CORPUS_FORMAT, "version": EXTENDED_VERSION, "extends": extends, **asdict(added)}
        digest._begin(header, background, cutout, depth_mm)
        return digest

    def _begin(self, header: Mapping[str, Any], *pictures: NDArray[Any] | None) -> None:
        self._hash = hashlib.sha256(canonical_json(header))
        for array in pictures:
            if array is not None:
                self._hash.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)

    def add(self, *drawn: NDArray[np.int32]) -> None:
        """Add what was drawn for the next background: its boxes, (F, K, 4) int32, or its pastes, and what varies."""
        for numbers in drawn:
            self._hash.update(np.ascontiguousarray(numbers, "<i4").data)

    def hexdigest(self) -> str:
        """Return the digest of everything added so far, in hex."""
        return self._hash.hexdigest()


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """Encode content as compact JSON with sorted keys: the bytes that seals and digests are computed from."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")  # what was changed by hand may hold what is no text


def content_sha256(content: Mapping[str, Any]) -> str:
    """Return the hex SHA-256 of what a description says, but for what it says under SEAL_KEY: this very digest."""
    return hashlib.sha256(canonical_json({k: v for k, v in content.items() if k != SEAL_KEY})).hexdigest()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a description says with its own digest under SEAL_KEY, by which a flipped bit is found."""
    return {**content, SEAL_KEY: content_sha256(content)}


def is_sealed(content: Mapping[str, Any]) -> bool:
    """Say whether what a description says has the digest that it says under SEAL_KEY."""
    return bool(content.get(SEAL_KEY) == content_sha256(content))
