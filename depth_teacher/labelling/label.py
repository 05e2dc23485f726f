"""Make the unfinished shards of depth of a corpus, by the one teacher that it has."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.objects.lease import PlaceHeld
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.depth_teacher.labelling.by_layers import label_by_layers
from bgfg.depth_teacher.labelling.by_network import label_by_network
from bgfg.depth_teacher.labelling.depth_shards import DepthShards
from bgfg.depth_teacher.labelling.teacher_options import AUTO_TEACHERS, PICTURE_TEACHERS, TeacherOptions
from bgfg.synth.compose.executor import Executor
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_card import refresh_corpus_card
from bgfg.synth.store.lock import slice_lock, writer_lock
from bgfg.synth.store.shard_slice import ShardSlice

# How long a process that makes a slice waits for another that begins, and until that has left what it has begun.
_BEGIN_S, _SETTLE_S = 60, 10


def label_corpus(
    path: Path,
    teacher: str | TeacherOptions,
    executor: Executor,
    replace: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    which: ShardSlice | None = None,
) -> tuple[str, ...]:
    """Make every unfinished shard of depth of the corpus at `path`.

    Args:
        path: Folder of the corpus.
        teacher: Its name, or its options.
        executor: What runs the workers.
        replace: Whether to remove what another teacher made.
        say: Told what labels, on which device.
        which: A slice of the shards, while others may be making other slices; what is mended, gathered and cleared is
            left to a call without, once all are made.

    Returns:
        What was mended of the corpus, noticed about the depth of what was labelled, such as how many cut-outs stand on
        holes, what of its card isn't true any more, and what keeps added parts from being read, in words.

    Raises:
        Problem: The corpus is held by another writer, was changed by hand, was labelled by another teacher or can't be
            labelled by this one, or shards failed.
    """
    options = TeacherOptions(teacher) if isinstance(teacher, str) else teacher
    load_manifest(path / "manifest" / "corpus.json")  # before the lock: a folder that is no corpus gets no lock file
    if which is not None:
        if replace:
            raise Problem(
                f"--replace: removes what others may be making: give it without --shards {which}", exit_code=2
            )
        _begin_for_slices(path, options, executor)
    with writer_lock(path) if which is None else slice_lock(path, which, _SETTLE_S):
        corpus = Corpus(path, mend=which is None, pending=True)
        corpus.check_plan()
        noticed = _label(DepthShards(corpus, executor, replace, which), options, say)
        if which is not None:
            return noticed
        compose = bgfg_command("compose", path)
        unread = f"extended by {corpus.describe_pending()}, not read before all of it is composed too: run {compose}"
        card = refresh_corpus_card(path)
        return (*corpus.mended, *noticed, *card, *([unread] if corpus.pending else []))


def _begin_for_slices(path: Path, options: TeacherOptions, executor: Executor) -> None:
    """Have one of the processes that make slices begin the depth of a corpus, whichever comes first."""
    until = time.monotonic() + _BEGIN_S
    while load_manifest(path / "manifest" / "corpus.json").teacher is None:
        try:
            with writer_lock(path):
                corpus = Corpus(path, mend=True, pending=True)
                corpus.check_plan()
                _label(DepthShards(corpus, executor, only_begin=True), options, no_note)
        except PlaceHeld:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
            there = mirrored(path)
            if there is not None:
                there.fetch()  # what who holds it has begun


def _label(shards: DepthShards, options: TeacherOptions, say: Callable[[str], None]) -> tuple[str, ...]:
    if options.name == "auto":
        if not shards.replace and _is_labelled_by_another(shards.corpus):
            return ()
        options, reason = options.resolve_auto(shards.corpus, shards.replace)
        say(f"teacher {options.name}, since {reason}")
    if options.name in PICTURE_TEACHERS:
        label_by_network(shards, options, say)
        return ()
    return label_by_layers(shards, options.name)


def _is_labelled_by_another(corpus: Corpus) -> bool:
    """Say whether all depth is there, of a teacher that `auto` can't be."""
    teacher = corpus.manifest.teacher
    return (
        teacher is not None
        and teacher["name"] not in AUTO_TEACHERS
        and corpus.done_shards("depth") == set(corpus.shards)
    )
