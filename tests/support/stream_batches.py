"""Batches of the small corpus of the stream, without augmentation."""

from __future__ import annotations

from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.engine.loader import Batches
from bgfg.train.engine.pair_transform import PairTransform
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.objective import Objective
from tests.support.tiny_corpus import H, W


def load_batches(corpus: Corpus, repeated: bool = False, condition: str | None = None) -> Batches:
    stream = Stream(corpus, batch=16, arrays=("image", "mask", "depth"))
    objective = Objective.from_corpus(corpus, ("mask", "depth"))
    plain = PairAugmentation((H, W), AugmentConfig())
    return Batches(stream, PairTransform(plain, objective, (H, W), stream.backgrounds, condition=condition), repeated)
