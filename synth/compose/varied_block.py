"""Blocks in which something varies: each sample is a scene of its own, put together from what was drawn for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE, DistractorTable
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.data_manifests.placement.variety import AS_BY_DEFAULT, PASTE_FIELDS, PasteVariety, SampleVariety, Variety
from bgfg.data_manifests.placement.variety_columns import VARIETY_COLUMNS
from bgfg.data_manifests.placement.variety_draw import shape_of
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.cutout import PlacedCutout
from bgfg.synth.compose.varied_cutouts import VariedCutouts
from bgfg.synth.painting.drawn_pastes import DrawnPastes
from bgfg.synth.painting.lab_tables import lab_tables
from bgfg.synth.painting.painted_scenes import ScenePainter
from bgfg.synth.store.corpus import Corpus

# Of the tables of pastes, before those that vary.
_INSTANCE_COLUMNS, _DISTRACTOR_COLUMNS = 8, 7


@dataclass(frozen=True)
class Scene:
    """What is pasted in one sample, in this order.

    Attributes:
        shadows: Black layers, which lie on the background.
        distractors: Cut-outs without labels.
        labelled: Cut-outs with labels, the last one in front.
    """

    shadows: Sequence[PlacedCutout]
    distractors: Sequence[PlacedCutout]
    labelled: Sequence[PlacedCutout]


@dataclass(frozen=True)
class VariedBlock:
    """The K samples of one cut-out on one background.

    Attributes:
        chunk: Number of the block within its shard.
        place: Its number among those of the samples.
        of: What it is one of.
    """

    chunk: int
    place: int
    of: VariedBlocks

    @cached_property
    def scenes(self) -> list[Scene]:
        """What is pasted in each of them."""
        return [self.of.scene(self.place, k) for k in range(self.of.placements)]

    def paint(self, painter: ScenePainter) -> bool:
        """Paint its scenes; say whether they are for that, which none is where something else varies."""
        pastes = self.of.drawn_pastes
        if pastes is not None:
            painter.paint(pastes, self.place * self.of.placements)
        return pastes is not None

    def paste(self, composer: Composer) -> None:
        """Compose the images and masks of the block, and instances where there are any."""
        composer.compose_layers(
            [scene.labelled for scene in self.scenes], [[*scene.shadows, *scene.distractors] for scene in self.scenes]
        )

    def layers(self) -> Iterator[Sequence[PlacedCutout]]:
        """Yield for each placement all cut-outs that are seen, in the order of pasting."""
        for scene in self.scenes:
            yield [*scene.distractors, *scene.labelled]


class VariedBlocks:
    """The blocks of one background of a corpus in which something varies."""

    def __init__(self, corpus: Corpus, strip: Strip, background: NDArray[np.uint8], variety: Variety) -> None:
        """Read what was drawn.

        Args:
            corpus: The corpus.
            strip: The samples.
            background: Picture of their background, (H, W, 3) uint8 RGB.
            variety: What varies.
        """
        samples = corpus.samples_path(strip.part)
        self.placements, self._first_cutout = corpus.geometry.placements, strip.cutouts.start
        self._boxes = sample_table.read_boxes(samples, strip)
        self._drawn = sample_table.read_variety(samples, strip)
        self._variety, self._strip = variety, strip
        self._instance_table = self._distractor_table = None
        if corpus.manifest.crowd is not None:
            self._instance_table = InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip)
        if variety.distractors[1]:
            self._distractor_table = DistractorTable.read(corpus.table_path(DISTRACTORS_FILE, strip.part), strip)
        self._cutouts = VariedCutouts(corpus, strip.background, background, variety)
        self._is_drawn_flat = variety.blur_px == 0 and variety.blend == ("alpha",)
        self._is_drawn_flat &= corpus.manifest.placement_rule != "perspective"

    def block(self, place: int, chunk: int) -> VariedBlock:
        """Return a block.

        Args:
            place: Its number among those of the samples.
            chunk: Its number within its shard.
        """
        return VariedBlock(chunk, place, self)

    @cached_property
    def drawn_pastes(self) -> DrawnPastes | None:
        """All that is pasted; None where it is more than `ScenePainter` paints."""
        if not self._is_drawn_flat or (self._variety.colour_match != (0, 0) and lab_tables() is None):
            return None
        drawn = dict(zip(VARIETY_COLUMNS, self._drawn.reshape(-1, len(VARIETY_COLUMNS)).T, strict=True))
        pastes = [self._labelled_columns(drawn)]
        if self._distractor_table is not None:
            pastes.insert(0, self._columns_of(self._distractor_table.rows, _DISTRACTOR_COLUMNS))
        is_labelled = np.repeat([False, True][-len(pastes) :], [len(each[0]) for each in pastes])
        columns = [np.concatenate(each) for each in zip(*pastes, strict=True)]
        order = np.argsort(columns[0], kind="stable")  # distractors stay before what is labelled
        samples, cutouts, boxes_px, scales, turns = (column[order] for column in columns)
        strengths, around = drawn["colour_match"][samples], (np.zeros((len(samples), 3)),) * 2
        if strengths.any():
            around = self._cutouts.surroundings.around_each(boxes_px)
        shadows = drawn["shadow"][samples]
        return DrawnPastes(samples, is_labelled[order], cutouts, boxes_px, scales, turns, strengths, shadows, *around)

    def _labelled_columns(self, drawn: Mapping[str, NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...]:
        """Return what `_columns_of` does of the labelled cut-outs; drawn: what was, by the names of columns."""
        if self._instance_table is not None:
            return self._columns_of(self._instance_table.rows, _INSTANCE_COLUMNS)
        samples = np.arange(len(drawn["scale"]), dtype=np.int64)
        boxes_px = self._boxes.reshape(-1, 4).astype(np.int64)
        return samples, self._first_cutout + samples // self.placements, boxes_px, drawn["scale"], drawn["rotation_deg"]

    def _columns_of(self, rows: NDArray[np.int64], plain: int) -> tuple[NDArray[np.int64], ...]:
        """Return samples, cut-outs, boxes, scales and turns of rows of a table, what varies after the plain columns."""
        varying = dict(zip(self._variety.paste_columns, rows[:, plain:].T, strict=True))
        scales, turns = (
            varying.get(name, np.full(len(rows), getattr(AS_BY_DEFAULT, name))) for name in ("scale", "rotation_deg")
        )
        return rows[:, 0] - self._strip.samples.start, rows[:, 2], rows[:, 3:7], scales, turns

    @cached_property
    def _instances(self) -> list[NDArray[np.int64]] | None:
        """The labelled pastes of each sample; None where samples have one cut-out."""
        return self._instance_table.by_sample(self._strip.samples) if self._instance_table else None

    @cached_property
    def _distractors(self) -> list[NDArray[np.int64]] | None:
        """The distractors of each sample; None where there are none by plan."""
        return self._distractor_table.by_sample(self._strip.samples) if self._distractor_table else None

    def sample_variety(self, place: int, k: int) -> SampleVariety:
        """Return what was drawn for a sample."""
        return SampleVariety(*self._drawn[place, k, len(PASTE_FIELDS) :].tolist())

    def scene(self, place: int, k: int, shown: SampleVariety | None = None, with_distractors: bool = True) -> Scene:
        """Return what is pasted in a sample.

        Args:
            place: Number of its block among those of the samples.
            k: Its number in the block.
            shown: What is to be shown of it instead of what was drawn; None for just that.
            with_distractors: Whether its distractors are pasted.
        """
        number, drawn = place * self.placements + k, self._drawn[place, k].tolist()
        sample = self.sample_variety(place, k)
        margin_px = shape_of(self._variety, sample, AS_BY_DEFAULT).margin_px
        sample = sample if shown is None else shown
        if self._instances is None:
            box = self._boxes[place, k].tolist()
            pastes = [(self._first_cutout + place, box, PasteVariety(*drawn[: len(PASTE_FIELDS)]))]
        else:
            pastes = [self._paste(row, _INSTANCE_COLUMNS) for row in self._instances[number].tolist()]
        behind = self._distractors[number].tolist() if self._distractors and with_distractors else []
        others = [self._paste(row, _DISTRACTOR_COLUMNS) for row in behind]
        placed, shadows = [], []
        for cutout, box, paste in (*others, *pastes):
            amodal_u8, layer = self._cutouts.placed(cutout, box, paste, sample, margin_px)
            placed.append(layer)
            shadows += self._cutouts.shadows(amodal_u8, box, paste, sample)
        return Scene(shadows, placed[: len(others)], placed[len(others) :])

    def _paste(self, row: list[int], plain: int) -> tuple[int, list[int], PasteVariety]:
        """Return cut-out, box and what was drawn, of a row of a table."""
        return row[2], row[3:7], PasteVariety(**dict(zip(self._variety.paste_columns, row[plain:], strict=True)))
