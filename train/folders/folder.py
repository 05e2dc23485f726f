"""A folder of images and masks: paired, split, and with the encoding of its masks known.

folder = ImageMaskFolder(Path("photos"), {"val": 2, "test": 4})
folder.pairs[0], folder.splits[0], folder.encoding.description
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError, UnreadPicture
from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.data_manifests.machine.cpu_count import default_threads
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.depth_teacher.evaluation.depth_files import may_hold_depth
from bgfg.train.folders.alike import look_of
from bgfg.train.folders.discovery import ImageMaskPair, recognise_layout
from bgfg.train.folders.findings.pictures import bits_findings, mask_findings
from bgfg.train.folders.groups import group_pairs
from bgfg.train.folders.kept_scans import KeptScans, save_scans
from bgfg.train.folders.mask_decision import decide_encoding
from bgfg.train.folders.mask_encoding import MASK_NAMES, MaskEncoding
from bgfg.train.folders.mask_turns import TurnDecision, decide_turns
from bgfg.train.folders.mask_values import UnreadableMask
from bgfg.train.folders.partners import scenes_of
from bgfg.train.folders.scan import PairScan, scan_pairs, without_photograph
from bgfg.train.folders.settings import check_settings, mode_of, shares_of
from bgfg.train.folders.split import require_counts, require_room, split_pairs
from bgfg.train.folders.trimaps import are_pets_trimaps, are_plain_trimaps, pets_trimaps

_Read = TypeVar("_Read")

# Of larger folders so many images, evenly spread, are read before training; `check-data` reads them all. Masks are read
# all in any case: a class may be in a few of them alone.
MAX_SCANNED_PAIRS = 4_000
# So many files are named where none can be used.
_LINES = 5


class ImageMaskFolder:
    """A folder of images and masks.

    Attributes:
        path: The folder.
        settings: As given.
        layout: What it was recognised as.
        pairs: The pairs that can be used, with the groups that names and pictures give them.
        group_notes: What the pictures decided on groups.
        grouped_by_looks: Whether the pictures told which are copies of one another.
        splits: Split of each pair.
        scans: What was found in each pair that can be used.
        value_counts: How often each value occurs in the masks.
        encoding: How masks are read.
        turned: The photos that EXIF turns whose masks are turned with them.
        image_bits: Bits that those pictures use that have 16 a channel.
        findings: What is wrong, or notes; pairs that are left out are among it as errors.
    """

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, Any] | None = None,
        whole: bool = False,
        progress: Progress = no_progress,
        scans_file: Path | None = None,
        read_as: Mapping[str, Any] | None = None,
        counts_held: bool = False,
    ) -> None:
        """Find the pairs, read every mask, and images or some of them.

        Args:
            path: The folder.
            settings: "split" (shares, such as "80/10/10"), "val" and "test" (counts instead), "split_seed", "groups"
                (what decides which pairs stay together, of GROUP_MODES), "outline" (what the outline of trimaps counts
                as in a mask, of OUTLINE_MODES), "masks" (how their values are read, of MASK_MODES) and "turn_masks"
                (whether those beside photos that EXIF turns are turned too, of TURN_MODES); those left out have their
                defaults.
            whole: Whether every image is read now, however many there are.
            progress: Shows how far it is.
            scans_file: Where scans were kept by `keep_scans`; what didn't change since isn't read again.
            read_as: How masks were read in a run, of MaskEncoding.record: these are read so too if they have no other
                values.
            counts_held: Whether the counts of the settings have to be met, as for a run to come; where its settings are
                used for other data, they may not be.

        Raises:
            Problem: It is no such folder, no pair can be used, or settings make no sense.
        """
        self.path, self.settings = Path(path), dict(settings or {})
        check_settings(self.settings)
        self.layout = recognise_layout(self.path)
        self._alpha = self.layout.name == "aisegment"
        pairs = self.layout.pairs
        if counts_held:
            require_room(pairs, self.settings)
        step = 1 if whole else -(-len(pairs) // MAX_SCANNED_PAIRS)
        bits = significant_bits([self.path / pair.image for pair in pairs])
        self.image_bits = bits.bits
        kept = KeptScans.load(scans_file, self.path, self._alpha)
        scans = scan_pairs(self.path, pairs, self._alpha, default_threads(), progress, step, kept.get, bits.bits)
        read = dict(zip(pairs, scans, strict=True))
        if not any(scan.mask.kind == "alpha" for scan in read.values()):
            read = {pair: without_photograph(pair, scan) for pair, scan in read.items()}
        usable = {pair: scan for pair, scan in read.items() if scan.usable}
        self.findings = [
            *self.layout.findings,
            *bits_findings(bits),
            *(finding for scan in read.values() for finding in scan.findings),
        ]
        if not usable:
            lines = [f"{self.path}/{finding.path}: {finding.message}" for finding in self.left_out]
            more = [f"... and {len(lines) - _LINES:,} more"] if len(lines) > _LINES else []
            raise Problem(*lines[:_LINES], *more, f"{self.path}: no pair can be used: mend what is named")
        turns = self._decide_turns(usable)
        self.turned = turns.turned
        self.findings += turns.findings
        self.scans: Mapping[ImageMaskPair, PairScan] = self._in_groups(usable)
        self.pairs = tuple(self.scans)
        if counts_held:
            require_counts(self.pairs, self.settings)
        self.encoding = self._decide_encoding(read_as)
        self.findings += mask_findings(self.encoding, {pair.mask: scan.mask for pair, scan in self.scans.items()})
        self.value_counts: Counter[int] = Counter()
        for scan in usable.values():
            self.value_counts.update(self.encoding.values_of(scan.mask))
        self.splits = self._split_pairs()

    @property
    def outline(self) -> str:
        """What the outline of trimaps counts as in a mask, of OUTLINE_MODES."""
        return mode_of(self.settings, "outline")

    @property
    def left_out(self) -> list[Finding]:
        """Findings of the files that are left out, with the reason."""
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets that can be learnt from it, of which the first is the default."""
        if self.layout.name == "aisegment":
            return ("matte", "mask")
        if self.encoding.kind == "mask":
            return ("mask", "matte")
        if self.encoding.background not in self.encoding.codes.values():
            return ("classes",)  # no value is background, so that all would be the mask
        return ("mask", "classes") if self.encoding.names == MASK_NAMES else ("classes", "mask")

    @property
    def numbers_objects(self) -> bool:
        """Whether masks may number the objects of each picture: 0 where there is none, and several numbers."""
        return self.encoding.kind == "classes" and self.encoding.codes.get(0) == 0 and len(self.encoding.codes) > 2

    def indices(self, split: str) -> NDArray[np.int64]:
        """Return the indices of a split's pairs, (n,) ascending."""
        return np.array([i for i, own in enumerate(self.splits) if own == split], np.int64)

    @cached_property
    def digest(self) -> str:
        """Digest of names, sizes and of the images that were read: SHA-256 in hexadecimal."""
        sizes = {p: [(self.path / file).stat().st_size for file in (p.image, p.mask)] for p in self.pairs}
        content = [[pair.image, pair.mask, *size, self.scans[pair].image_digest] for pair, size in sizes.items()]
        return hashlib.sha256(json.dumps([self.layout.name, content]).encode()).hexdigest()

    def image(self, i: int) -> NDArray[np.uint8]:
        """Read the picture of a pair, (H, W, 3) uint8 RGB, upright."""
        return self._read(i, lambda pair: read_picture(self.path / pair.image, self.image_bits).pixels[..., :3])

    def label_maps(self, i: int, wanted: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Read the mask of a pair.

        Args:
            i: Index of the pair.
            wanted: Maps that are returned, of "mask", "known" and "classes".

        Returns:
            (H, W) uint8 each, at the mask's own size.
        """

        def read(pair: ImageMaskPair) -> dict[str, NDArray[np.uint8]]:
            picture = read_label_picture(self.path / pair.mask)
            if pair.image in self.turned:
                picture = picture.turned(self.scans[pair].orientation)
            codes = self.encoding.decode(picture, self._alpha)
            return self.encoding.label_maps(codes, wanted, self.outline)

        return self._read(i, read)

    def second_shot(self, i: int) -> Path | None:
        """Return the file of the shot of a pair's scene without what its mask marks; None where there is none."""
        return self._beside(i, self.layout.partners.second_shots)

    def depth_map(self, i: int) -> Path | None:
        """Return the file of the depth map of a pair's picture; None where there is none, or one to look at alone."""
        path = self._beside(i, self.layout.partners.depth_maps)
        return path if path is not None and may_hold_depth(path) else None

    def image_digests(self, samples: Sequence[int] | NDArray[np.int64]) -> set[str]:
        """Return the SHA-256 of the images of those of some pairs that were read, the first 16 digits of each."""
        digests = (self.scans[self.pairs[i]].image_digest for i in samples)
        return {digest[:16] for digest in digests if digest}

    def mask_values(self, pair: ImageMaskPair) -> Counter[int]:
        """Return how often each value occurs in the mask of a pair, values as `encoding` has them."""
        return self.encoding.values_of(self.scans[pair].mask)

    def keep_scans(self, file: Path) -> None:
        """Write what was found in the pairs, so that opening the folder with `scans_file` reads nothing twice."""
        save_scans(file, self.path, self.scans, self._alpha)

    def describe(self) -> str:
        """Return layout, splits and encoding in a line."""
        counts = Counter(self.splits)
        parts = ", ".join(f"{counts[split]:,} {split}" for split in ("train", "val", "test"))
        left_out, groups = self.left_out, len({pair.group for pair in self.pairs})
        if groups < len(self.pairs):
            parts += f", in {groups:,} groups that stay together"
        without = f"; {len(left_out)} left out ({bgfg_command('check-data', self.path)})" if left_out else ""
        return f"{self.path}: {self.layout.description}: {parts}; masks read as {self.encoding.description}{without}"

    def _beside(self, i: int, partners: Mapping[str, str]) -> Path | None:
        file = partners.get(self.pairs[i].image)
        return None if file is None else self.path / file

    def _read(self, i: int, read: Callable[[ImageMaskPair], _Read]) -> _Read:
        """Read something of a pair; raise Problem with what to do where a file turns out to be broken."""
        pair = self.pairs[i]
        try:
            return read(pair)
        except UnreadableMask as error:
            check = bgfg_command("check-data", self.path)
            raise Problem(f"{self.path / pair.mask}: holds {error}: move it away; {check} finds all") from error
        except UnreadPicture:
            raise
        except PictureError as error:
            check = bgfg_command("check-data", self.path)
            raise Problem(f"{error.path}: {error.reason}: move it away; {check} finds all such files") from error

    def _decide_encoding(self, read_as: Mapping[str, Any] | None) -> MaskEncoding:
        mode = mode_of(self.settings, "masks")
        masks = {pair.mask: scan.mask for pair, scan in self.scans.items()}
        known = MaskEncoding.of(read_as) if read_as is not None and "outline" not in self.settings else None
        if known is not None and all(known.values_of(mask).keys() <= known.codes.keys() for mask in masks.values()):
            return known
        called_so = self.layout.name == "pets" or all("trimap" in file.lower() for file in masks)
        if called_so and mode == "auto":
            if are_pets_trimaps(masks):
                return pets_trimaps()
            mode = "trimap" if are_plain_trimaps(masks) else mode
        if "outline" in self.settings:
            line = f"--outline {self.outline}: {self.path} has no trimaps of pet, background and outline: leave it out"
            raise Problem(line, exit_code=2)
        return decide_encoding(masks, mode, self._alpha)

    def _decide_turns(self, scans: Mapping[ImageMaskPair, PairScan]) -> TurnDecision:
        fits = {pair.image: scan.fit for pair, scan in scans.items() if scan.orientation != 1 and not scan.turns_alike}
        votes = {
            pair.image: scans[pair].turn_vote or 0.0 for pair in self._seen if pair in scans and pair.image in fits
        }
        return decide_turns(fits, votes, mode_of(self.settings, "turn_masks"))

    @cached_property
    def _seen(self) -> Sequence[ImageMaskPair]:
        """The pairs whose pictures have a say: the same ones whether all were read or some, and so one outcome."""
        return self.layout.pairs[:: -(-len(self.layout.pairs) // MAX_SCANNED_PAIRS)]

    def _in_groups(self, scans: Mapping[ImageMaskPair, PairScan]) -> dict[ImageMaskPair, PairScan]:
        """Return the scans of the pairs with the groups that names and pictures give them."""
        seen = [pair for pair in self._seen if pair in scans and scans[pair].look]
        looks = {pair: look_of(scans[pair].look) for pair in seen}
        scenes = {pair: look_of(scans[pair].scene_look) for pair in seen}
        mode = mode_of(self.settings, "groups")
        places = scenes_of(self.path, self.layout.partners.second_shots)
        grouped = group_pairs(list(scans), looks, scenes, mode, places)
        self.grouped_by_looks = grouped.by_looks
        self.group_notes = grouped.findings
        self.findings += grouped.findings
        return {
            replace(pair, group=name): scan for (pair, scan), name in zip(scans.items(), grouped.names, strict=True)
        }

    def _split_pairs(self) -> list[str]:
        s = self.settings
        return split_pairs(self.pairs, shares_of(s), s.get("val"), s.get("test"), s.get("split_seed", 0))
