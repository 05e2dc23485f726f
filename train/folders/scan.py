"""Scan of a folder: every pair is read once before any training, to find what is broken and what values masks have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.decode import UNREADABLE, PictureError, UnreadPicture, reading_bytes
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.label_picture import LabelPicture, read_label_picture
from bgfg.data_manifests.images.orientation import read_orientation, read_upright_size
from bgfg.data_manifests.images.wide_values import FULL_BITS
from bgfg.data_manifests.machine.memory_room import MemoryRoom
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.train.folders.alike import grey_thumbnail, picture_look, scene_look
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.findings.pictures import image_findings
from bgfg.train.folders.mask_statistics import MAX_COLOURS, MaskStatistics, measure_mask
from bgfg.train.folders.mask_turns import Fit, fit_by_size, vote_on_turn

_Read = TypeVar("_Read")

# How much the aspect ratio of a mask may differ from its picture's: as much as rounding does to small ones.
_MOST_SKEW = 0.02
# The longest side at which edges are looked for.
_MOST_EDGES_PX = 5_000


@dataclass(frozen=True)
class PairScan:
    """What was found by reading one pair.

    Attributes:
        image_px: Height and width of the picture, upright; zeros where only the mask was read, unless EXIF turns it.
        mask_px: Height and width of the mask.
        mask: What was found in the mask.
        image_digest: SHA-256 of the image's file; "" where only the mask was read.
        look: Look of the image, of `picture_look`, in hexadecimal; "" where only the mask was read.
        scene_look: Look of what is behind the objects, of `scene_look`, likewise.
        findings: Why the pair can't be used, or notes about it.
        orientation: EXIF orientation of a photo whose mask has none of its own; 1 of others.
        turn_vote: Of such a photo, what `vote_on_turn` says; None of others.
    """

    image_px: tuple[int, int] = (0, 0)
    mask_px: tuple[int, int] = (0, 0)
    mask: MaskStatistics = field(default_factory=MaskStatistics)
    image_digest: str = ""
    look: str = ""
    scene_look: str = ""
    findings: tuple[Finding, ...] = ()
    orientation: int = 1
    turn_vote: float | None = None

    @property
    def fit(self) -> Fit:
        """How the mask lies over a photo that EXIF turns, by their sizes."""
        return fit_by_size(self.image_px, self.mask_px, self.orientation)

    @property
    def turns_alike(self) -> bool:
        """Whether the mask is the same however it is turned: of one value, and of a shape that fits both ways."""
        return len(self.mask.counts) == 1 and self.fit == "both"

    @property
    def usable(self) -> bool:
        """Whether the pair can be trained on."""
        return not any(finding.severity == "error" for finding in self.findings)

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it; `of` reads it."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**plain, "mask": self.mask.content(), "findings": [asdict(finding) for finding in self.findings]}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> PairScan:
        """Return what `content` was made of."""
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        found = tuple(Finding(**finding) for finding in content["findings"])
        return cls(**plain | {"mask": MaskStatistics.of(content["mask"]), "findings": found})


def scan_pairs(
    root: Path,
    pairs: Sequence[ImageMaskPair],
    alpha: bool,
    threads: int,
    progress: Progress = no_progress,
    image_step: int = 1,
    known: Callable[[ImageMaskPair, bool], PairScan | None] = lambda pair, with_image: None,
    bits: int = FULL_BITS,
) -> list[PairScan]:
    """Read pairs on threads, large ones one at a time.

    Args:
        root: The folder.
        pairs: The pairs.
        alpha: Whether masks are alpha channels, even where these are opaque.
        threads: How many threads read.
        progress: Shows how far it is.
        image_step: Of every so many pairs the image is read too; of all others the mask alone.
        known: Returns what an earlier scan found in a pair, with its image or without; None where it must be read.
        bits: Bits that images of 16 bits a channel use.

    Returns:
        What was found, a scan for each pair.
    """

    room = MemoryRoom()

    def scan(pair: ImageMaskPair, with_image: bool) -> PairScan:
        found = known(pair, with_image)
        if found is None:
            files = (pair.mask, pair.image) if with_image else (pair.mask,)  # read one after the other
            with room.taken(max(reading_bytes(root / file) for file in files)):
                found = scan_pair(root, pair, alpha, with_image, bits)
        return found

    title = "reading images and masks" if image_step == 1 else "reading masks"
    with ThreadPoolExecutor(threads) as pool, progress(title, len(pairs), 0) as advance:
        found = []
        with_image = (i % image_step == 0 for i in range(len(pairs)))
        for result in pool.map(scan, pairs, with_image):
            found.append(result)
            advance(1)
    return found


def scan_pair(root: Path, pair: ImageMaskPair, alpha: bool, with_image: bool = True, bits: int = FULL_BITS) -> PairScan:
    """Read one pair, or its mask alone; its other arguments are those of `scan_pairs`."""
    broken: list[Finding] = []
    orientation = _photo_orientation(root, pair)
    look = partial(_look_at, pair.image, bits=bits, keep=orientation != 1)
    image = _read(look, root, pair.image, broken) if with_image else None
    stored = _read(read_label_picture, root, pair.mask, broken)
    if stored is None or (with_image and image is None):
        return PairScan(findings=tuple(broken))
    mask = measure_mask(stored, alpha)
    mask_px = stored.values.shape[:2]
    if mask.is_photograph and not mask.alpha:
        return without_photograph(pair, PairScan(mask=mask))
    if image is None:
        image_px = (0, 0) if orientation == 1 else read_upright_size(root / pair.image)
        return PairScan(image_px, mask_px, mask, orientation=orientation)
    with open_regular(root / pair.image) as file_:
        digest = hashlib.file_digest(file_, "sha256").hexdigest()
    found = PairScan(image.size_px, mask_px, mask, digest, orientation=orientation)
    return _with_looks(found, pair, image, stored)


class _Image(NamedTuple):
    """What is kept of a picture while its mask is read: not its pixels, of which both together may be too many.

    Attributes:
        size_px: Height and width, upright.
        thumbnail: Of `grey_thumbnail`.
        findings: What is remarkable about it.
        pixels: (h, w, 3) or (h, w, 4) uint8 where EXIF turns it, of a huge one every so many: its mask may not be
            turned, which edges tell. None of others.
    """

    size_px: tuple[int, int]
    thumbnail: NDArray[np.float32]
    findings: tuple[Finding, ...]
    pixels: NDArray[np.uint8] | None


def _look_at(file: str, path: Path, bits: int, keep: bool) -> _Image:
    seen = read_picture(path, bits)
    height_px, width_px = seen.pixels.shape[:2]
    thumbnail, findings = grey_thumbnail(seen.pixels), image_findings(file, seen)
    step = -(-max(height_px, width_px) // _MOST_EDGES_PX)
    pixels = np.ascontiguousarray(seen.pixels[::step, ::step]) if keep else None
    return _Image((height_px, width_px), thumbnail, findings, pixels)


def _with_looks(found: PairScan, pair: ImageMaskPair, image: _Image, stored: LabelPicture) -> PairScan:
    """Return what was found in a pair with what its picture shows."""
    vote, mask = None, stored.values
    if image.pixels is not None:
        vote = vote_on_turn(image.pixels, mask, found.orientation)
        if found.fit == "turned" or (found.fit == "both" and vote > 0):
            mask = stored.turned(found.orientation).values
    lies_px = found.mask_px[::-1] if found.fit == "turned" else found.mask_px
    return replace(
        found,
        look=picture_look(image.thumbnail).tobytes().hex(),
        scene_look=scene_look(image.thumbnail, mask).tobytes().hex(),
        findings=(*_size_findings(pair, found.image_px, lies_px), *image.findings),
        turn_vote=vote,
    )


def _photo_orientation(root: Path, pair: ImageMaskPair) -> int:
    """Return the EXIF orientation of a photo whose mask has none; 1 also of a broken one, named elsewhere."""
    if not (root / pair.image).is_file():  # a named pipe would block for ever
        return 1
    try:
        orientation = read_orientation(root / pair.image)
        return orientation if orientation == 1 or read_orientation(root / pair.mask) == 1 else 1
    except UNREADABLE:
        return 1


def without_photograph(pair: ImageMaskPair, scan: PairScan) -> PairScan:
    """Return the scan of a pair, as an error where its mask has more colours than a mask has."""
    mask = scan.mask
    if not mask.is_photograph:
        return scan
    blurred = ", or a JPEG, which blurs colours" if mask.lossy else ""
    what = f"{mask.colours:,} colours: a photograph{blurred}, for a mask has at most {MAX_COLOURS}, which fill areas"
    return PairScan(findings=(Finding("error", "not-a-mask", pair.mask, f"{what}: left out"),))


def _read(read: Callable[[Path], _Read], root: Path, file: str, broken: list[Finding]) -> _Read | None:
    """Read a file; where it can't be read, add a finding to `broken` and return None."""
    try:
        return read(root / file)
    except UnreadPicture:
        raise  # of the picture nothing is known, so that it isn't left out
    except PictureError as error:
        broken.append(Finding("error", "broken", file, f"{error.reason}: left out. {error.remedy}."))
        return None


def _size_findings(pair: ImageMaskPair, image_px: tuple[int, int], mask_px: tuple[int, int]) -> tuple[Finding, ...]:
    if image_px == mask_px:
        return ()
    sizes = f"{format_size(mask_px)}, and its picture {format_size(image_px)}"
    skew = abs(image_px[0] * mask_px[1] / (image_px[1] * mask_px[0]) - 1)
    if skew > _MOST_SKEW:
        turned = (
            " (it lies on its side: was the picture turned after it was made?)" if image_px == mask_px[::-1] else ""
        )
        return (Finding("error", "other-shape", pair.mask, f"{sizes}, of another shape{turned}: left out"),)
    return (Finding("note", "other-size", pair.mask, f"{sizes}, of the same shape: both are fitted to one frame"),)


def format_size(size_px: tuple[int, int]) -> str:
    """Return (height, width) as text, width × height."""
    return f"{size_px[1]}×{size_px[0]}"
