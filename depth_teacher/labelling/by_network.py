"""Labelling by a network, which threads of this machine share, or which each worker of a cluster loads for itself."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from bgfg.data_manifests.objects.urls import is_url
from bgfg.data_manifests.places.file_place import weights_place
from bgfg.data_manifests.terminal.errors import Problem, counted, told
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.depth_teacher.labelling.block_progress import BlockProgress
from bgfg.depth_teacher.labelling.changed_teacher import changed_options
from bgfg.depth_teacher.labelling.depth_shards import DepthShards, describe, label_shard
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.picture_labeller import PictureLabeller
from bgfg.depth_teacher.labelling.shard_threads import ShardThreads
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.compose.executor import Executor
from bgfg.synth.store.corpus import Corpus


def label_by_network(shards: DepthShards, options: TeacherOptions, say: Callable[[str], None]) -> None:
    """Label by a network that looks at the composites.

    Args:
        shards: What is to be made.
        options: Which network, and how.
        say: Told what labels, on which device.
    """
    for shard in shards.numbers:
        shards.corpus.require_done("image", shard)
    label = _label_on_cluster if shards.executor.is_cluster else _label_here
    label(shards, options, say)


def _label_here(shards: DepthShards, options: TeacherOptions, say: Callable[[str], None]) -> None:
    corpus, executor = shards.corpus, shards.executor
    pictures = load_teacher(options, True, say)
    counter = BlockProgress(executor.progress, f"depth by {options.name} on {pictures.where}")
    threads = ShardThreads()

    def advance(n: int) -> None:
        counter.advance(n)
        threads.require_going_on()

    teacher = PictureLabeller(corpus, pictures, options.bits, advance)
    shards.begin(teacher)
    say(f"{options.name} on {pictures.where}, {_batches(corpus, pictures)}")
    # On a GPU two shards take turns: one is read and written while the other's batches are in the network. On a
    # processor each core has a batch of its own.
    workers = 2 if pictures.where.startswith("cuda") else executor.workers
    work = partial(label_shard, corpus.path, corpus.manifest.digest, lambda _corpus: teacher)
    try:
        shards.make(teacher, partial(threads.run, work), Executor(workers, "threading", counter.progress))
    finally:
        threads.end()


def _label_on_cluster(shards: DepthShards, options: TeacherOptions, say: Callable[[str], None]) -> None:
    """Have each worker load the network; here it only says what it is, on the processor."""
    corpus = shards.corpus
    executor = shards.executor.with_gpus(options.device)
    here = load_teacher(on_processor(options), True, say)
    teacher = PictureLabeller(corpus, here, options.bits, lambda _n: None)
    shards.begin(teacher)
    on = "a GPU each" if executor.gpu else "a processor each"
    say(f"{options.name} on the workers of {executor.address}, {on}, {_batches(corpus, here)}")
    weights = Path(options.weights).absolute() if options.weights and Path(options.weights).exists() else None
    there = options if executor.gpu else on_processor(options)
    named = None if weights is None else told(str(weights))  # a URL, of which each worker makes a copy of its own
    network = WorkerNetwork(there if named is None else replace(there, weights=named), secrets.token_hex(8))
    executor = replace(executor, reads=() if weights is None or is_url(str(named)) else (weights,))
    places: set[str] = set()

    def tell(place: str) -> None:
        if place not in places:
            say(f"labels: {place}")
            places.add(place)

    work = partial(label_in_worker, corpus.path, corpus.manifest.digest, network)
    shards.make(teacher, work, executor, tell)


def on_processor(options: TeacherOptions) -> TeacherOptions:
    """Return the options of the same network on a processor."""
    return replace(options, device="cpu")


def _batches(corpus: Corpus, pictures: PictureTeacher) -> str:
    height_px, width_px = pictures.input_px(corpus.geometry.height_px, corpus.geometry.width_px)
    return f"input {width_px}x{height_px}, {counted(pictures.batch, 'picture')} at a time"


@dataclass(frozen=True)
class WorkerNetwork:
    """Makes the teacher of a corpus in a worker of a cluster.

    Attributes:
        options: Which network, and how; a file of weights by its absolute path, or its URL.
        run: A name of this run, for which a worker keeps the network that it has loaded.
    """

    options: TeacherOptions
    run: str

    def __call__(self, corpus: Corpus) -> PictureLabeller:
        """Return the teacher; raise Problem where it isn't the one that the corpus has."""
        teacher = PictureLabeller(corpus, self.load(), self.options.bits, lambda _n: None)
        recorded, found = dict(corpus.manifest.teacher or {}), describe(teacher)
        if found != recorded:
            line = f"a worker on {socket.gethostname()} would label otherwise"
            raise Problem(f"{line}: the corpus is labelled with {changed_options(recorded, found)}")
        return teacher

    def load(self) -> PictureTeacher:
        """Return the network, loaded once."""
        return _load(self.options, self.run)


@lru_cache(maxsize=1)
def _load(options: TeacherOptions, _run: str) -> PictureTeacher:
    if options.weights is None or not is_url(options.weights):
        return load_teacher(options, True, no_note)
    with weights_place(options.weights) as copied:
        return load_teacher(replace(options, weights=str(copied)), True, no_note)


def label_in_worker(path: Path, digest: str, network: WorkerNetwork, shard: int) -> str:
    """Label, write and mark one shard of depth in a worker of a cluster; return where that was.

    Args:
        path: Folder of the corpus.
        digest: That of its plan, which is checked.
        network: Makes the teacher.
        shard: Number of the shard.
    """
    label_shard(path, digest, network, shard)
    return f"{socket.gethostname()}, {network.load().where}"
