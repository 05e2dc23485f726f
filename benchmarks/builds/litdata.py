"""LitData beside the stream: the same samples, in the faster form that it has, under an interpreter that has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.builds.jobs import Place
from benchmarks.builds.process_cost import ProcessCost
from benchmarks.stream import chosen_samples, dump_samples, run_peer
from bgfg.synth.store.corpus import Corpus

_PEER = "LitData, raw"
_SAMPLES = 8_000


@dataclass(frozen=True)
class LitData:
    """LitData's loader of the corpus that is streamed.

    Attributes:
        python: Interpreter of an environment as `benchmarks.stream` says.
        workers: Its worker processes; 0 for none.
    """

    python: Path
    workers: int

    def measure(self, place: Place) -> tuple[ProcessCost, float]:
        """Write the samples in its form, once, and stream them; return what that took and samples a second."""
        given, written = place.work / "samples", place.work / "litdata"
        if not (written / "index.json").exists():
            corpus = Corpus(place.labelled("scenes"))
            dump_samples(corpus, chosen_samples(corpus, _SAMPLES), place.without("samples"))
            run_peer(self.python, "write", _PEER, given, place.without("litdata"))
        options = (self.workers, place.workers, place.sources.scale.stream_s)
        cost = run_peer(self.python, "read", _PEER, given, written, *options)
        return cost, float(json.loads(cost.said)["samples_per_s"])
