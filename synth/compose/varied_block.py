"""Blocks in which something varies: each sample is a scene of its own, put together from what was drawn for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
from bgfg.data_manifests.corpus.instances import INSTANCES_FILE, InstanceTable
from bgfg.data_manifests.corpus.varied_samples import DISTRACTORS_FILE, DistractorTable
from bgfg.data_manifests.placement.sample_index import Strip
from bgfg.data_manifests.placement.variety import AS_BY_DEFAULT, PASTE_FIELDS, PasteVariety, SampleVariety, Variety
from bgfg.data_manifests.placement.variety_draw import shape_of
from bgfg.synth.compose.blend import Composer, PlacedCutout
from bgfg.synth.compose.varied_cutouts import VariedCutouts
from bgfg.synth.store.corpus import Corpus

_PLAIN_COLUMNS = 8  # of instances.parquet, before those that vary


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
        scenes: What is pasted in each of them.
    """

    chunk: int
    scenes: Sequence[Scene]

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
        self._placements, self._first_cutout = corpus.geometry.placements, strip.cutouts.start
        self._boxes = sample_table.read_boxes(samples, strip)
        self._drawn = sample_table.read_variety(samples, strip)
        self._variety, self._columns = variety, variety.paste_columns
        self._instances = self._distractors = None
        if corpus.manifest.crowd is not None:
            pastes = InstanceTable.read(corpus.table_path(INSTANCES_FILE, strip.part), strip)
            self._instances = pastes.by_sample(strip.samples)
        if variety.distractors[1]:
            table = DistractorTable.read(corpus.table_path(DISTRACTORS_FILE, strip.part), strip)
            self._distractors = table.by_sample(strip.samples)
        self._cutouts = VariedCutouts(corpus, strip.background, background, variety)

    def block(self, place: int, chunk: int) -> VariedBlock:
        """Return a block.

        Args:
            place: Its number among those of the samples.
            chunk: Its number within its shard.
        """
        return VariedBlock(chunk, [self.scene(place, k) for k in range(self._placements)])

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
        number, drawn = place * self._placements + k, self._drawn[place, k].tolist()
        sample = self.sample_variety(place, k)
        margin_px = shape_of(self._variety, sample, AS_BY_DEFAULT).margin_px
        sample = sample if shown is None else shown
        if self._instances is None:
            box = self._boxes[place, k].tolist()
            pastes = [(self._first_cutout + place, box, PasteVariety(*drawn[: len(PASTE_FIELDS)]))]
        else:
            pastes = [self._paste(row, _PLAIN_COLUMNS) for row in self._instances[number].tolist()]
        behind = self._distractors[number].tolist() if self._distractors and with_distractors else []
        others = [self._paste(row, _PLAIN_COLUMNS - 1) for row in behind]
        placed, shadows = [], []
        for cutout, box, paste in (*others, *pastes):
            amodal_u8, layer = self._cutouts.placed(cutout, box, paste, sample, margin_px)
            placed.append(layer)
            shadows += self._cutouts.shadows(amodal_u8, box, paste, sample)
        return Scene(shadows, placed[: len(others)], placed[len(others) :])

    def _paste(self, row: list[int], plain: int) -> tuple[int, list[int], PasteVariety]:
        """Return cut-out, box and what was drawn, of a row of a table."""
        return row[2], row[3:7], PasteVariety(**dict(zip(self._columns, row[plain:], strict=True)))
