"""Measure composing and labelling of a whole corpus against loops that write files."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from benchmarks.compose_peers import WRITERS, FileWritingJob, measure_writers, sample_blocks
from benchmarks.table import ResultRow, ResultSection
from benchmarks.timing import measure_in_turns, timed_bgfg
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.verify.status import corpus_status


class CorpusTiming:
    """Times composing, labelling and the peers, which take turns in this order, on fresh copies of one plan.

    Attributes:
        samples: How many the corpus has.
        peer_blocks: Numbers of the blocks that the peers write.
        bytes_per_sample: Contestant -> what a sample took on disk, once it has had its turn.
    """

    def __init__(self, plan: Path, workers: int, peer_samples: int) -> None:
        self.samples = len(Corpus(plan))
        self.peer_blocks = sample_blocks(Corpus(plan), peer_samples)
        self.bytes_per_sample: dict[str, float] = {}
        self._plan, self._workers = plan, workers
        self._corpus, self._files = plan.with_name("composed"), plan.with_name("files")

    def compose(self) -> float:
        """Compose everything as a whole process; return samples a second."""
        shutil.copytree(self._plan, self._corpus)
        seconds = timed_bgfg("compose", self._corpus, "--workers", self._workers)
        self._weigh("bgfg compose", ("image", "mask"))
        return self.samples / seconds

    def label(self) -> float:
        """Label what `compose` made, then remove it; return samples a second."""
        seconds = timed_bgfg("label", self._corpus, "--teacher", "layered", "--workers", self._workers)
        self._weigh("bgfg label", ("depth",))
        shutil.rmtree(self._corpus)
        return self.samples / seconds

    def write_files(self, writer: str) -> float:
        """Write the peers' part of the samples as files, then remove them; return samples a second."""
        job = FileWritingJob(self._plan, self.peer_blocks, self._files, writer)
        speed, self.bytes_per_sample[writer] = measure_writers(job, self._workers)
        return speed

    def _weigh(self, contestant: str, arrays: tuple[str, ...]) -> None:
        found = [array for array in corpus_status(Corpus(self._corpus)) if array.array in arrays]
        self.bytes_per_sample[contestant] = sum(array.bytes / array.samples_done for array in found)


def measure(plan: Path, workers: int, repeats: int, peer_samples: int) -> ResultSection:
    """Measure composing and labelling; what is made beside the plan is removed again.

    Args:
        plan: A planned corpus.
        workers: Processes of each contestant.
        repeats: Turns of each contestant.
        peer_samples: How many samples the loops make in each turn.
    """
    composing = CorpusTiming(plan, workers, peer_samples)
    loops = {writer: partial(composing.write_files, writer) for writer in WRITERS}
    speeds = measure_in_turns({"bgfg compose": composing.compose, "bgfg label": composing.label, **loops}, repeats)
    of_all = f"{composing.samples:,} samples, {workers} workers"
    of_part = f"{len(composing.peer_blocks) * Corpus(plan).geometry.placements:,} of them as files"
    jobs = {"bgfg compose": f"compose {of_all}", "bgfg label": f"label {of_all}"}
    against = {"bgfg compose": tuple(WRITERS), "bgfg label": ("bgfg compose",)}
    rows = tuple(
        ResultRow(
            jobs.get(name, f"compose {of_part}"),
            name,
            "samples/s",
            values,
            {peer: speeds[peer] for peer in against.get(name, ())},
            composing.bytes_per_sample[name],
        )
        for name, values in speeds.items()
    )
    return ResultSection(rows, (_COMPOSE_NOTE, _LOOP_NOTE, _CACHE_NOTE))


_COMPOSE_NOTE = (
    "compose, label: whole processes from start to end, on a fresh copy of the plan, each shard flushed to disk, "
    "checksummed and marked; lossless. Their bytes are from the done marks: image + mask, and depth."
)
_LOOP_NOTE = (
    "PIL loop: `paste` of the RGBA cut-out, JPEG of quality 75 and mask as PNG, a file each, the same positions, "
    "number of processes and disk, until what was written is on the disk; inputs decoded and processes started before "
    "the clock, in its favour. Lossy. With JPEG masks it does less, and the masks are lossy too. simplejpeg loop: JPEG "
    "for both, composed by bgfg's own composer, encoded by libjpeg-turbo."
)
_CACHE_NOTE = "Page cache: the inputs are warm for all; every contestant's clock stops once its output is on the disk."
