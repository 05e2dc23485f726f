"""corpus.json: what the corpus is, in one sealed file; and the digest of what determines its pixels."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bgfg.data_manifests.corpus.naming import Name, Names
from bgfg.data_manifests.placement.multi import Crowd
from bgfg.data_manifests.placement.placements import RULES, Index
from bgfg.data_manifests.terminal.errors import Problem, command
from numpy.typing import NDArray

FORMAT = "bgfg-corpus"
VERSION = 1

# What is written only where there is something to say.
_OPTIONAL = ("fov_deg", "crowd")


@dataclass(frozen=True)
class Geometry:
    """The numbers of a corpus: counts and sizes.

    backgrounds: B; cutouts: C as given, without flips; placements: K; cutout_box_px: (h, w) of the largest cut-out.
    """

    backgrounds: int
    cutouts: int
    placements: int
    height_px: int
    width_px: int
    cutout_height_px: int
    cutout_box_px: tuple[int, int]

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            for number in value if name == "cutout_box_px" else (value,):
                if type(number) is not int or number < 1:
                    raise ValueError(f"{name} is {value!r}")

    @property
    def index(self) -> Index:
        """The arithmetic of its samples."""
        return Index(self.backgrounds, 2 * self.cutouts, self.placements)

    @property
    def names(self) -> Names:
        """The writer of its names."""
        return Names(self.backgrounds, self.cutouts, self.placements)

    def sample_of(self, name: Name) -> int | None:
        """Return the index of the sample that an image, mask or depth name stands for; None where there is none."""
        b, c, k = name.background, name.cutout, name.placement
        if b is None or c is None or k is None:
            return None
        there = b < self.backgrounds and c < self.cutouts and k < self.placements
        return self.index.sample(b, 2 * c + name.flipped, k) if there else None


@dataclass(frozen=True)
class Manifest:
    """The content of corpus.json.

    digest: SHA-256 of what determines the pixels. tables: file name -> SHA-256 of the file. prepared: array name ->
    SHA-256 of its raw bytes. left_out: (file, reason) of what --skip-bad quarantined. statistics: array name ->
    count, mean and standard deviation a channel, once composed or labelled. teacher: what makes the depth (name,
    weights' SHA-256, licence, input size, version) and its `encoding`, once labelling has begun. fov_deg: the field of
    view that the rule `perspective` was told; None, and then not written, where it estimated it or had no need of it.
    crowd: how many cut-outs a sample has; None, and then not written, where each has one.
    """

    geometry: Geometry
    placement_rule: str
    seed: int
    split: str
    digest: str
    tables: Mapping[str, str]
    prepared: Mapping[str, str]
    versions: Mapping[str, str]
    left_out: tuple[tuple[str, str], ...] = ()
    statistics: Mapping[str, Any] = field(default_factory=dict)
    teacher: Mapping[str, Any] | None = None
    fov_deg: float | None = None
    crowd: Crowd | None = None

    def __post_init__(self) -> None:
        sound = {
            "digest": isinstance(self.digest, str) and len(self.digest) == 64,
            "tables": self.tables.keys()
            == {"assets.parquet", "samples.parquet"} | ({"instances.parquet"} if self.crowd else set()),
            "prepared": {"background", "cutout"}
            <= self.prepared.keys()
            <= {"background", "cutout", "background_depth"},
            "teacher": self.teacher is None
            or (
                {"name", "version", "encoding"} <= self.teacher.keys() and isinstance(self.teacher["encoding"], Mapping)
            ),
            "versions": isinstance(self.versions, Mapping),
            "statistics": all(isinstance(found, Mapping) for found in self.statistics.values()),
            "placement_rule": self.placement_rule in RULES
            and (self.placement_rule != "perspective" or "background_depth" in self.prepared),
            "fov_deg": self.fov_deg is None or (self.placement_rule == "perspective" and 0 < self.fov_deg < 180),
            "seed": type(self.seed) is int and 0 <= self.seed < 2**64,
        }
        for name, is_sound in sound.items():
            if not is_sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")

    def content(self) -> dict[str, Any]:
        """Return what corpus.json holds, without its seal."""
        g = self.geometry
        rest = {name: value for name, value in asdict(self).items() if name != "geometry"}
        for name in _OPTIONAL:
            if rest[name] is None:
                del rest[name]
        return {
            "format": FORMAT,
            "version": VERSION,
            "B": g.backgrounds,
            "C": g.cutouts,
            "F": 2 * g.cutouts,
            "K": g.placements,
            "N": len(g.index),
            "size_px": [g.height_px, g.width_px],
            "cutout_height_px": g.cutout_height_px,
            "cutout_box_px": list(g.cutout_box_px),
            **rest,
            "left_out": [list(pair) for pair in self.left_out],
        }

    def save(self, path: Path, scratch: Path) -> None:
        """Write corpus.json at `path`, whole or not at all, sealed with the SHA-256 of its own content.

        scratch: the folder for its temporary name, on the same disk.
        """
        content = self.content()
        sealed = content | {"sha256": _seal(content)}
        write_whole(path, json.dumps(sealed, indent=1, ensure_ascii=False) + "\n", scratch)

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read corpus.json.

        Raises Problem where there is none, where it is of another format or version, or where it was changed by hand,
        be it with the seal made to fit.
        """
        folder = path.parent.parent
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            line = (
                f"{folder}: not a planned corpus, no manifest/{path.name} in it: run {command('plan', folder, '...')}"
            )
            raise Problem(line) from None
        except (ValueError, RecursionError) as error:
            raise Problem(f"{path}: not readable as JSON ({error}): {mend(folder)}") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise Problem(f"{path}: not the manifest of a bgfg corpus: {mend(folder)}")
        if content.get("version") != VERSION:
            raise Problem(f"{path}: format version {content.get('version')}; this bgfg knows version {VERSION} only")
        seal = content.pop("sha256", None)
        if seal != _seal(content):
            raise Problem(f"{path}: changed by hand, its seal doesn't match its content: {mend(folder)}")
        try:
            manifest = cls._of(content)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise Problem(f"{path}: changed by hand ({error}): {mend(folder)}") from error
        understood = manifest.content()
        different = sorted(k for k in content.keys() | understood if content.get(k) != understood.get(k))
        if different:
            raise Problem(f"{path}: changed by hand ({', '.join(different)}): {mend(folder)}")
        return manifest

    def check_tables(self, folder: Path) -> None:
        """Raise Problem where a table in `folder`, beside corpus.json, is missing or isn't the one of this manifest."""
        for name, sha256 in self.tables.items():
            if not (folder / name).is_file():
                raise Problem(f"{folder / name}: missing: {mend(folder.parent)}")
            if file_sha256(folder / name) != sha256:
                raise Problem(f"{folder / name}: changed since it was planned: {mend(folder.parent)}")

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> Manifest:
        height_px, width_px = content["size_px"]
        h, w = content["cutout_box_px"]
        geometry = Geometry(
            content["B"], content["C"], content["K"], height_px, width_px, content["cutout_height_px"], (h, w)
        )
        rest = {name: content[name] for name in cls.__dataclass_fields__ if name not in ("geometry", *_OPTIONAL)}
        rest["fov_deg"] = content.get("fov_deg")
        rest["crowd"] = Crowd(**content["crowd"]) if "crowd" in content else None
        return cls(geometry, **rest | {"left_out": tuple((file, reason) for file, reason in content["left_out"])})


class Digest:
    """The SHA-256 of the canonical bytes of what determines the pixels, fed background by background.

    Format version and sizes as compact JSON, the prepared arrays in C order (`background`, `cutout`, and where the rule
    is `perspective`, `background_depth` as little-endian uint16), then every box (x, y, width, height) as little-endian
    int32 in the order of the samples; where samples have several cut-outs, every paste (instance, cut-out, x, y, width,
    height) instead, and the JSON says so. It knows no path, machine or worker count.
    """

    def __init__(
        self,
        geometry: Geometry,
        background: NDArray[np.uint8],
        cutout: NDArray[np.uint8],
        depth_mm: NDArray[np.uint16] | None = None,
        instances: bool = False,
    ) -> None:
        header = {"format": FORMAT, "version": VERSION, **asdict(geometry)}
        if instances:
            header["instances"] = True
        self._hash = hashlib.sha256(_canonical(header))
        self._hash.update(np.ascontiguousarray(background).data)
        self._hash.update(np.ascontiguousarray(cutout).data)
        if depth_mm is not None:
            self._hash.update(np.ascontiguousarray(depth_mm, "<u2").data)

    def add(self, boxes: NDArray[np.int32]) -> None:
        """Add the boxes of the next background, (F, K, 4) int32, or its pastes, (n, 6) int32."""
        self._hash.update(np.ascontiguousarray(boxes, "<i4").data)

    def hexdigest(self) -> str:
        """Return the digest of all that was added."""
        return self._hash.hexdigest()


def mend(corpus: Path) -> str:
    """Return what to do about a plan that is damaged, in words."""
    return f"restore it, or run {command('plan', corpus, '...', '--replace')}"


def array_sha256(array: NDArray) -> str:
    """Return the hex SHA-256 of an array's bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, text: str, scratch: Path) -> None:
    """Write a text file whole or not at all: under a temporary name in the folder `scratch`, then renamed."""
    scratch.mkdir(exist_ok=True)
    partial = scratch / f"{path.name}.{os.getpid()}"
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")  # what was changed by hand may hold what is no text
