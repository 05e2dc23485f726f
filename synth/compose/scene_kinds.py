"""One sample under each kind of variety alone: the same cut-outs at the same places, to be looked at side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.placement.variety import BLENDS, SampleVariety, Variety
from bgfg.synth.compose.blend import Composer
from bgfg.synth.compose.varied_block import Scene, VariedBlocks
from bgfg.synth.store.corpus import Corpus

_NOTHING = SampleVariety()


def kinds_of_sample(corpus: Corpus, sample: int) -> dict[str, NDArray[np.uint8]]:
    """Compose a sample under each kind that varies in its corpus.

    Args:
        corpus: A corpus in which something varies.
        sample: Number of the sample.

    Returns:
        Kind -> (H, W, 3) uint8 RGB: first "plain", its cut-outs scaled, turned and cut off as they were drawn, and
        nothing else; then that with one kind more each; last "all", as it was planned.

    Raises:
        ValueError: Nothing varies in the corpus.
    """
    variety = corpus.manifest.variety
    if variety is None:
        raise ValueError("nothing varies in this corpus")
    strip, placements = corpus.geometry.index.strip_of(sample), corpus.geometry.placements
    place, k = divmod(sample - strip.samples.start, placements)
    background = corpus.read("background", strip.background)
    blocks = VariedBlocks(corpus, strip, background, variety)
    drawn = blocks.sample_variety(place, k)
    composer = Composer(background, 1)

    def composed(scene: Scene) -> NDArray[np.uint8]:
        composer.compose_layers([scene.labelled], [[*scene.shadows, *scene.distractors]])
        return np.array(composer.images[0], np.uint8)

    kinds = _kinds(variety, drawn).items()
    found = {name: composed(blocks.scene(place, k, shown, with_distractors=False)) for name, shown in kinds}
    if variety.distractors[1]:
        found["distractors"] = composed(blocks.scene(place, k, _NOTHING))
    return found | {"all": composed(blocks.scene(place, k))}


def _kinds(variety: Variety, drawn: SampleVariety) -> dict[str, SampleVariety]:
    """Return what is to be shown of a sample under each kind."""
    kinds = {"plain": _NOTHING}
    if variety.blur_px:
        kinds["blur"] = SampleVariety(blur_px=drawn.blur_px)
    if variety.colour_match != (0, 0):
        kinds["colour match"] = SampleVariety(colour_match=drawn.colour_match)
    if variety.shadow != (0, 0):
        kinds["shadow"] = SampleVariety(shadow=drawn.shadow)
    blends = (name for name in variety.blend if name != "alpha")
    return kinds | {name: SampleVariety(blend=BLENDS.index(name)) for name in blends}
