"""Small corpora for the tests: odd sizes, few pictures, made once."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

from bgfg.data_manifests.files import flush
from bgfg.data_manifests.machine import pyarrow_alone
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support import references
from tests.support.executors import IN_PROCESS
from tests.support.extended_corpus import extend, finish, more_sources
from tests.support.memory_disk import temporary_root
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W

# Quick by default; `make test-slow` tries ten times as many examples.
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile("quick")


def pytest_configure(config: pytest.Config) -> None:
    """Put the folders of tests into memory where there is room, unless it is said where they are to be."""
    if config.option.basetemp is None and not os.environ.keys() & {"PYTEST_DEBUG_TEMPROOT", "TMPDIR"}:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(temporary_root())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave out of garbage collection what is collected: millions of objects that stay, a second each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def no_flushes() -> Iterator[None]:
    """Wait for no disk in this process, which would take longer than most tests; commands run beside it do."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((os, "fsync"), (os, "fdatasync"), (flush, "sync_file_system")):
            patch.setattr(owner, name, os.fstat)  # which refuses what is no open file as well
        yield


@pytest.fixture(scope="session", autouse=True)
def pandas_at_hand() -> Iterator[None]:
    """Leave pandas to pyarrow in this process, in which peers read what was written; commands run beside it don't."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyarrow_alone, "leave_pandas_out", lambda: None)
        yield


@pytest.fixture(autouse=True)
def stopped_as_before() -> Iterator[None]:
    """Give back the signals that a command took which a test runs in this process, so that Ctrl-C ends the tests."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before, hook = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    sys.unraisablehook = hook


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with bg/, fg/ and depth/: PNGs already at their final size, so that nothing is resized."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("bg", "fg", "depth"):
        (folder / name).mkdir()
    for b in range(B):
        cv2.imwrite(str(folder / f"bg/room{b + 1}.png"), references.picture(H, W, b)[..., ::-1])
        depth_mm = 1_000 + 400 * b + 37 * np.add.outer(np.arange(H) * 3, np.arange(W))
        cv2.imwrite(str(folder / f"depth/room{b + 1}.png"), depth_mm.astype(np.uint16))
    for c in range(C):
        rgba = references.cutout(CUTOUT_HEIGHT, 5 + 2 * c, c)
        cv2.imwrite(str(folder / f"fg/person{c + 1}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    return folder


@pytest.fixture(scope="session")
def options(sources: Path) -> PlanOptions:
    return PlanOptions(
        sources / "bg", sources / "fg", sources / "depth", 0.001, H, W, CUTOUT_HEIGHT, K, split="34/33/33"
    )


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, options: PlanOptions) -> Path:
    path = tmp_path_factory.mktemp("planned") / "corpus"
    plan_corpus(path, options, replace=False, workers=1)
    return path


@pytest.fixture(scope="session")
def composed(tmp_path_factory: pytest.TempPathFactory, planned: Path) -> Path:
    path = Path(shutil.copytree(planned, tmp_path_factory.mktemp("composed") / "corpus"))
    compose_corpus(path, IN_PROCESS)
    return path


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory, composed: Path) -> Path:
    path = Path(shutil.copytree(composed, tmp_path_factory.mktemp("labelled") / "corpus"))
    label_corpus(path, "layered", IN_PROCESS)
    return path


@pytest.fixture(scope="session")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures by which the corpora above can be extended."""
    return more_sources(tmp_path_factory.mktemp("more") / "sources")


@pytest.fixture(scope="session")
def extended(tmp_path_factory: pytest.TempPathFactory, labelled: Path, more: Path) -> Path:
    """The labelled corpus with two backgrounds and a cut-out more: three parts, all of them made."""
    path = Path(shutil.copytree(labelled, tmp_path_factory.mktemp("extended") / "corpus"))
    extend(path, more)
    finish(path)
    return path


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Copy one of the corpora above, to be damaged or gone on with."""

    def copy(corpus: Path) -> Path:
        return Path(shutil.copytree(corpus, tmp_path / "corpus"))

    return copy
