"""Cut-outs of a folder of photographs as files, with records of them, a table and sheets; what is done is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.origin import Origin, origin_of
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from bgfg.data_manifests.images.listing import natural_key
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import Note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.cutouts.doubts import NOBODY, REASONS, DoubtRules
from bgfg.train.cutouts.objects import FoundObject, found_objects, require_masks
from bgfg.train.cutouts.photo_record import CutoutRecord, PhotoRecord, read_record, write_table
from bgfg.train.cutouts.places import CutoutFolder
from bgfg.train.cutouts.regions import Region
from bgfg.train.cutouts.sheets import write_sheet
from bgfg.train.inference.inputs import InputFiles, InputImages, Pixels, list_inputs
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runner import ResultFolder, Writers, provenance

# Longer side of a photograph in which nobody is, as it is kept to be looked at.
_LOOK_PX = 640


@dataclass(frozen=True)
class CutoutCounts:
    """What a folder of cut-outs holds.

    Attributes:
        photos: Photographs that were looked at.
        new: How many of them by this very run.
        cutouts: Cut-outs that can be used.
        doubtful: Reason -> cut-outs that are filed under it, or photographs in which nobody is.
    """

    photos: int
    new: int
    cutouts: int
    doubtful: Mapping[str, int]


class PhotoCutter:
    """Cuts out what a model finds in photographs, into a folder.

    Args:
        predictor: The model in use.
        place: The folder.
        rules: What is doubtful.
        options: What the cut-outs depend on beside the model and the rules, as JSON has it.
    """

    def __init__(
        self, predictor: Predictor, place: CutoutFolder, rules: DoubtRules, options: Mapping[str, Any]
    ) -> None:
        require_masks(predictor.model.card)
        self._predictor, self._place, self._rules = predictor, place, rules
        made_with = provenance(predictor.model, size=predictor.shorter_px, **options, **rules.as_json())
        self._model, self._model_sha256 = str(made_with["model"]), str(made_with["sha256"])
        self._folder = ResultFolder(place.notes, "cutout", made_with, place.files_of, "OUT", predictor.threads)

    def cut_folder(
        self, photos: Path, background: Path | None, align: bool | None, progress: Progress, note: Note
    ) -> CutoutCounts:
        """Cut out what a photograph shows, or each of a folder of them; what is done is kept.

        Args:
            photos: The photograph, or the folder.
            background: Picture of the empty scene, or a folder of them, for a model that needs it.
            align: Whether backgrounds are moved over their photographs; None for those that surely lie beside them.
            progress: Shows how far it is.
            note: Told what was noticed.

        Raises:
            Problem: A file of another's would be written over; or, when all others are done, photographs failed.
        """
        inputs = list_inputs(photos, background, self._predictor.model.card, note, "PHOTOS")
        self._folder.require_own(inputs)
        title = f"cutting out on {self._predictor.model.where}"
        try:
            new = self._folder.run(inputs, align, self._writers, progress, title, note)
        except Problem:
            self._summarise()
            raise
        records = self._summarise()
        filed = Counter(cutout.reasons[0] for record in records for cutout in record.cutouts if cutout.reasons)
        used = sum(not cutout.reasons for record in records for cutout in record.cutouts)
        return CutoutCounts(len(records), new, used, dict(filed))

    def _writers(self, images: InputImages) -> Writers:
        """Return what writes the cut-outs of a photograph, the record last: it says that the others are there."""
        prediction = self._predictor.predict(images.picture, images.background, images.profile)
        found = found_objects(prediction, images.picture, self._predictor.model.card)
        kept = self._rules.without_scraps([each.region for each in found])
        origin, name = self._folder.origin, images.files.name
        records, writers = list[CutoutRecord](), Writers()
        for number, (each, region) in enumerate(zip(found, kept, strict=False), start=1):
            reasons = self._rules.doubts(region)
            path = self._place.file(name, number, reasons[0] if reasons else "")
            records.append(_described(region, path.relative_to(self._place.folder).as_posix(), reasons))
            writers.append(partial(_save_cutout, each, path, images.profile, origin))
        if not kept:
            path = self._place.file(name, 1, NOBODY)
            records.append(_nobody(images.picture, path.relative_to(self._place.folder).as_posix()))
            writers.append(partial(_save_look, images.picture, path, images.profile, origin))
        return [*writers, partial(self._finish, images.files, len(found) - len(kept), records)]

    def _finish(self, files: InputFiles, scraps: int, cutouts: Sequence[CutoutRecord]) -> None:
        """Write the record of a photograph, and remove what its former self had and it hasn't."""
        place = self._place
        path = place.record(files.name)
        hashed = tuple(_with_sha256(each, place.folder / each.file) for each in cutouts)
        record = PhotoRecord(
            files.picture.name, file_sha256(files.picture), self._model, self._model_sha256, scraps, hashed
        )
        if origin_of(path) == self._folder.origin:
            for stale in {each.file for each in read_record(path).cutouts} - {each.file for each in cutouts}:
                if origin_of(place.folder / stale) == self._folder.origin:
                    (place.folder / stale).unlink()
        make_folder(path.parent)
        record.write(path, self._folder.origin)

    def _summarise(self) -> list[PhotoRecord]:
        """Write table and sheets of all records that are there, and return these."""
        place, origin = self._place, self._folder.origin
        paths = sorted(place.records(), key=lambda path: natural_key(path.name))
        records = [read_record(path) for path in paths]
        if records:
            write_table(place.table, records, origin)
            every = [(record, each) for record in records for each in record.cutouts]
            used = [(place.folder / each.file, _caption(each.file)) for _, each in every if not each.reasons]
            doubtful = [
                (place.folder / each.file, _caption(f"{reason}: {record.photo}"))
                for reason in reversed(REASONS)  # those that may well be good come first
                for record, each in every
                if each.reasons[:1] == (reason,)
            ]
            write_sheet(place.sheet, used, origin)
            write_sheet(place.doubtful_sheet, doubtful, origin)
        return records


def _described(region: Region, file: str, reasons: Sequence[str]) -> CutoutRecord:
    """Return the record of an object, without the hash of its file."""
    left, top = region.columns.start, region.rows.start
    width_px, height_px = region.columns.stop - left, region.rows.stop - top
    shares = round(region.area_share, 6), round(region.uncertain, 4)
    return CutoutRecord(file, tuple(reasons), left, top, width_px, height_px, *shares, "")


def _nobody(picture: Pixels, file: str) -> CutoutRecord:
    height_px, width_px = picture.shape[:2]
    return CutoutRecord(file, (NOBODY,), 0, 0, width_px, height_px, 0.0, 1.0, "")


def _with_sha256(record: CutoutRecord, path: Path) -> CutoutRecord:
    return CutoutRecord(**{**vars(record), "sha256": file_sha256(path)})


def _save_cutout(found: FoundObject, path: Path, profile: ColourProfile | None, origin: Origin) -> None:
    make_folder(path.parent)
    save_png(found.cutout, path, profile=profile, origin=origin, in_runs=True)


def _save_look(picture: Pixels, path: Path, profile: ColourProfile | None, origin: Origin) -> None:
    """Write a photograph, small, to be looked at."""
    scale = min(1.0, _LOOK_PX / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    make_folder(path.parent)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    save_jpeg(small, path, profile=profile, origin=origin)


def _caption(text: str) -> str:
    """Return what a sheet says of a picture: what its letters can show, and no more than fits."""
    plain = text.encode("ascii", "replace").decode()
    return plain if len(plain) <= 28 else f"{plain[:24]}..."
