"""The manifest of a corpus: counts, sizes, draws, digests and parts, as corpus.json holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, MOST_CLASSES
from bgfg.data_manifests.corpus.digest import (
    CORPUS_FORMAT,
    CORPUS_FORMAT_VERSION,
    EXTENDED_VERSION,
    IMPORTED,
    IMPORTED_VERSION,
)
from bgfg.data_manifests.corpus.geometry import CorpusGeometry, SampleList
from bgfg.data_manifests.corpus.next_steps import import_hint, plan_hint
from bgfg.data_manifests.corpus.part_record import PART_FILE, PartRecord, part_folder
from bgfg.data_manifests.files.json_form import Form, is_count, misfit
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.data_manifests.placement.rule import RULES
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.errors import Problem

# Fields that are left out of the file where they are None.
_OPTIONAL = ("fov_deg", "crowd", "cutout_fixes", "classes", "variety", "extensions", "imported", "planned_parts")

# What was counted, of arrays and of instances.
_OF_AN_ARRAY: Form = {"count?": is_count, "mean?": [float], "std?": [float]}
_OF_INSTANCES: Form = {"samples_with?": {str: is_count}, "fewer_than_drawn?": is_count}


@dataclass(frozen=True)
class Manifest:
    """The content of corpus.json.

    `tables`, `prepared`, `versions`, `left_out` and `cutout_fixes` are those of the first part.

    Attributes:
        geometry: Counts and sizes, of all parts.
        placement_rule: One of RULES; of an imported corpus "imported".
        seed: Seed of all draws, 0..2^64-1.
        split: Shares of train/val/test in per cent, such as "80/10/10"; of an imported corpus also "as given".
        digest: SHA-256 of what determines the pixels: that of the last part, which covers those before it.
        tables: File name -> SHA-256 of the file.
        prepared: Array name -> SHA-256 of its raw bytes.
        versions: Library -> version with which it was planned.
        left_out: (file, reason) of what --skip-bad left out.
        statistics: Array name -> count, mean and standard deviation a channel, once composed or labelled.
        teacher: What makes the depth (name, weights' SHA-256, licence, input size, version) and its `encoding`, once
            labelling has begun.
        fov_deg: Field of view that was told of all cameras; None, and then not written, where it wasn't.
        crowd: How many cut-outs a sample has; None, and then not written, where each has one.
        cutout_fixes: File of a cut-out -> what --fix-cutouts did to it, such as "trimmed"; None, and then not written,
            without this option.
        classes: Labels of the cut-outs in the order of their numbers, which count from 1; None, and then not written,
            where all are of DEFAULT_LABEL.
        variety: What may vary in how cut-outs are pasted; None, and then not written, where nothing does.
        extensions: The parts that were added later; where there are none, nothing is written of them.
        imported: Of an imported corpus what was asked for, and the SHA-256 of what its sources are; None, and then not
            written, of a planned one.
        planned_parts: How many of the parts were planned in one go; None, and then not written, where that is one.
    """

    geometry: CorpusGeometry
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
    crowd: CutoutsPerSample | None = None
    cutout_fixes: Mapping[str, tuple[str, ...]] | None = None
    classes: tuple[str, ...] | None = None
    variety: Variety | None = None
    extensions: tuple[PartRecord, ...] = ()
    imported: Mapping[str, Any] | None = None
    planned_parts: int | None = None

    def __post_init__(self) -> None:
        has_distractors = self.variety is not None and self.variety.distractors[1] > 0
        tables = {
            *("assets.parquet", "samples.parquet"),
            *(["instances.parquet"] if self.crowd else []),
            *(["distractors.parquet"] if has_distractors else []),
            *(["sources.parquet"] if self.is_imported else []),
        }
        of_backgrounds = {"background", "background_depth"} & self.prepared.keys()
        sound = {
            "digest": isinstance(self.digest, str) and len(self.digest) == 64,
            "tables": self.tables.keys() == tables,
            "extensions": all(
                part.tables.keys() == tables
                and part.added == added
                and part.prepared.keys() == (of_backgrounds if added.backgrounds else {"cutout"})
                for part, added in zip(self.extensions, self.geometry.added, strict=True)
            )
            and [part.extends for part in self.extensions[1:]] == [part.digest for part in self.extensions[:-1]]
            and self.digest in (part.digest for part in (self.extensions or (self,))[-1:]),
            "prepared": (self._known_pictures() if self.is_imported else {"background", "cutout"})
            <= self.prepared.keys()
            <= {"background", "cutout", "background_depth"},
            "teacher": self.teacher is None
            or (
                {"name", "version", "encoding"} <= self.teacher.keys() and isinstance(self.teacher["encoding"], Mapping)
            ),
            "cutout_fixes": self.cutout_fixes is None or isinstance(self.cutout_fixes, Mapping),
            "classes": (self.classes is None or _are_classes(self.classes)) and self._class_count(1) > 0,
            "versions": isinstance(self.versions, Mapping),
            "statistics": not any(
                misfit(found, _OF_INSTANCES if name == "instances" else _OF_AN_ARRAY)
                for name, found in self.statistics.items()
            ),
            "imported": isinstance(self.imported, Mapping) if self.is_imported else self.imported is None,
            "placement_rule": self.placement_rule in ((IMPORTED,) if self.is_imported else RULES)
            and (self.placement_rule != "perspective" or "background_depth" in self.prepared),
            "fov_deg": self.fov_deg is None or 0 < self.fov_deg < 180,
            "seed": type(self.seed) is int and 0 <= self.seed < 2**64,
            "planned_parts": self.planned_parts is None
            or (type(self.planned_parts) is int and 1 < self.planned_parts <= len(self.extensions) + 1),
        }
        for name, is_sound in sound.items():
            if not is_sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Labels of the cut-outs in the order of their numbers, from 1 on: at least one."""
        return self.classes or (DEFAULT_LABEL,)

    @property
    def is_imported(self) -> bool:
        """Whether the samples were imported, and not planned and composed."""
        return self.geometry.listed is not None

    @property
    def version(self) -> int:
        """Version of the format."""
        if self.is_imported:
            return IMPORTED_VERSION
        return EXTENDED_VERSION if self.extensions or self.variety else CORPUS_FORMAT_VERSION

    @property
    def plan_parts(self) -> int:
        """How many of its parts, the first ones, were planned in one go; those after them were added later."""
        return self.planned_parts or 1

    @property
    def placements_per_place(self) -> int:
        """How many placements of a block, one after the other, show the same place."""
        return self.variety.placements_per_place if self.variety else 1

    def _known_pictures(self) -> set[str]:
        """Return the prepared arrays that an imported corpus of these counts has."""
        counts = {"background": self.geometry.backgrounds, "cutout": self.geometry.cutouts}
        return {name for name, count in counts.items() if count}

    def hint(self, corpus: Path, part: int = 0) -> str:
        """Return the next step for what of a corpus is lost or damaged, as the end of a message."""
        return import_hint(corpus) if self.is_imported else plan_hint(corpus, part >= self.plan_parts)

    @property
    def parts(self) -> tuple[PartRecord, ...]:
        """The records of all parts, in their order."""
        digest = self.extensions[0].extends if self.extensions else self.digest
        first = PartRecord(
            *(digest, self.tables, self.prepared, self.versions, self.left_out, self.cutout_fixes),
            is_imported=self.is_imported,
            is_varied=self.variety is not None,
        )
        return (first, *self.extensions)

    def until(self, parts: int) -> Manifest:
        """Return what it says of the first so many parts; its statistics are left as they are."""
        return replace(
            self,
            geometry=self.geometry.until(parts),
            classes=_written_classes(self.class_names[: self._class_count(parts)]),
            digest=self.parts[parts - 1].digest,
            extensions=self.extensions[: parts - 1],
            planned_parts=self.planned_parts if parts >= self.plan_parts else None if parts == 1 else parts,
        )

    def with_part(self, part: PartRecord) -> Manifest:
        """Return what it says with one more part; its statistics are left as they are.

        Raises:
            ValueError: The part extends another corpus.
        """
        if part.added is None or part.extends != self.digest:
            raise ValueError("the part extends another corpus")
        geometry = self.geometry.with_added(part.added)
        return replace(
            self,
            geometry=geometry,
            classes=_written_classes((*self.class_names, *part.classes)),
            digest=part.digest,
            extensions=(*self.extensions, part),
        )

    def _class_count(self, parts: int) -> int:
        """Return how many classes there were when it had so many parts."""
        return len(self.class_names) - sum(len(part.classes) for part in self.extensions[parts - 1 :])

    def with_pending_parts(self, corpus: Path) -> Manifest:
        """Return what a corpus will be once the parts are listed that are being added; the same where there are none.

        A part that was planned for another state of the corpus counts for nothing.

        Args:
            corpus: Its folder.

        Raises:
            Problem: The record of a part is damaged.
        """
        path = part_folder(corpus, len(self.parts)) / "manifest" / PART_FILE
        try:
            record = PartRecord.load(path)
            if record.extends != self.digest:
                return self
            return self.with_part(record).with_pending_parts(corpus)
        except (FileNotFoundError, NotADirectoryError):
            return self
        except ValueError as error:
            raise Problem(f"{path}: damaged ({error}): {plan_hint(corpus, is_added=True)}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return what corpus.json holds, without its seal."""
        g = self.geometry
        rest = {name: value for name, value in asdict(self).items() if name not in ("geometry", "extensions")}
        for name in _OPTIONAL:
            if rest.get(name) is None:
                rest.pop(name, None)
        if self.cutout_fixes is not None:
            rest["cutout_fixes"] = {file: list(done) for file, done in self.cutout_fixes.items()}
        if self.classes is not None:
            rest["classes"] = list(self.classes)
        if self.variety is not None:
            rest["variety"] = self.variety.to_dict()
        if self.extensions:
            rest["extensions"] = [part.to_dict() for part in self.extensions]
        return {
            "format": CORPUS_FORMAT,
            "version": self.version,
            **({} if g.listed is None else {"source": IMPORTED, "samples_per_shard": g.listed.per_shard}),
            "B": g.backgrounds,
            "C": g.cutouts,
            "F": g.cutout_pictures,
            "K": g.placements,
            "N": len(g.index),
            "size_px": [g.height_px, g.width_px],
            "cutout_height_px": g.cutout_height_px,
            "cutout_box_px": list(g.cutout_box_px),
            **rest,
            "left_out": [list(pair) for pair in self.left_out],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Manifest:
        """Return the manifest of what corpus.json holds, without its seal.

        Raises:
            KeyError, IndexError, TypeError, ValueError, AttributeError: It holds something else.
        """
        height_px, width_px = content["size_px"]
        extensions = tuple(map(PartRecord.from_dict, content.get("extensions", ())))
        listed = SampleList(content["N"], content["samples_per_shard"]) if "source" in content else None
        h, w = content["cutout_box_px"]
        geometry = CorpusGeometry(
            content["B"], content["C"], content["K"], height_px, width_px, content["cutout_height_px"], (h, w),
            tuple(part.added for part in extensions if part.added), listed,
        )  # fmt: skip
        rest = {name: content[name] for name in cls.__dataclass_fields__ if name not in ("geometry", *_OPTIONAL)}
        rest["extensions"] = extensions
        rest |= {name: content.get(name) for name in ("fov_deg", "imported", "planned_parts")}
        rest["crowd"] = CutoutsPerSample(**content["crowd"]) if "crowd" in content else None
        rest["variety"] = Variety.from_dict(content["variety"]) if "variety" in content else None
        rest["classes"] = tuple(content["classes"]) if "classes" in content else None
        fixes = content.get("cutout_fixes")
        rest["cutout_fixes"] = None if fixes is None else {file: tuple(done) for file, done in fixes.items()}
        return cls(geometry, **rest | {"left_out": tuple((file, reason) for file, reason in content["left_out"])})


def _written_classes(labels: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return classes as a manifest has them: None where all are of DEFAULT_LABEL."""
    return None if labels == (DEFAULT_LABEL,) else labels


def _are_classes(labels: tuple[str, ...]) -> bool:
    """Say whether these are labels of classes, none twice, that have to be written down."""
    is_text = all(isinstance(label, str) and label and label.isprintable() for label in labels)
    return is_text and 1 <= len(set(labels)) == len(labels) <= MOST_CLASSES and labels != (DEFAULT_LABEL,)
