"""The stream's benchmark: every contestant hands over the same samples; no speed is held to anything here."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from benchmarks.stream import chosen_samples, dump_samples, run_peer, stored_size_bytes, stream_speed  # noqa: E402
from benchmarks.stream_peers import ARRAYS, PEERS, DumpedSamples, samples_per_s  # noqa: E402
from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from tests.support.stream_corpus import make_stream_corpus  # noqa: E402
from tests.support.tiny_corpus import K  # noqa: E402

LIBRARIES = {
    "WebDataset, raw": ("webdataset",),
    "MosaicML StreamingDataset, raw": ("streaming",),
    "LitData, raw": ("litdata",),
    "simplejpeg folder": ("simplejpeg", "cv2"),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("contested"))


@pytest.fixture(scope="module")
def dumped(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumped") / "samples"
    dump_samples(corpus, chosen_samples(corpus, 10_000), folder)
    return folder


def test_chosen_are_whole_blocks_of_train(corpus: Corpus) -> None:
    samples = chosen_samples(corpus, 20)
    assert len(samples) == 21
    assert {corpus[i].row["split"] for i in samples.tolist()} == {"train"}
    assert len(np.unique(samples // K)) == 7


def test_the_dump_has_what_the_corpus_has(corpus: Corpus, dumped: Path) -> None:
    samples = DumpedSamples(dumped)
    for at, i in enumerate(chosen_samples(corpus, 10_000).tolist()[:9]):
        assert np.array_equal(samples.pixels["image"][at], corpus[i].image)
        assert np.array_equal(samples.pixels["mask"][at], corpus[i].mask)
        assert np.array_equal(samples.backgrounds[samples.background[at]], corpus[i].background)


@pytest.mark.filterwarnings("ignore:The given buffer is not writable:UserWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning:webdataset")
@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_hands_over_every_sample(dumped: Path, tmp_path: Path, peer: str) -> None:
    for library in LIBRARIES[peer]:
        pytest.importorskip(library, reason="the peer is that library")
    samples, folder = DumpedSamples(dumped), tmp_path / "peer"
    folder.mkdir()
    PEERS[peer].write(samples, folder)
    masks = sorted(bytes(mask.numpy()) for batch in PEERS[peer].read(samples, folder, 0) for mask in batch["mask"])
    stored = sorted(mask.tobytes() for mask in samples.pixels["mask"])
    assert len(masks) == len(samples) // 64 * 64
    assert set(masks) <= set(stored)


def test_a_speed_is_that_of_whole_epochs_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 10.0, 12.0, 14.0, 14.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))

    class Epochs:
        begun = 0

        def __iter__(self) -> Iterator[dict[str, Any]]:
            self.begun += 1
            for _ in range(5):
                yield {
                    "mask": torch.zeros((8, 8, 8), dtype=torch.uint8),
                    "background": torch.zeros(8, dtype=torch.int64),
                }

    epochs = Epochs()
    assert samples_per_s(epochs, torch.zeros((2, 8, 8, 3), dtype=torch.uint8), seconds=3) == 2 * 5 * 8 / 4
    assert epochs.begun == 3


@pytest.mark.slow  # the process imports PyTorch; the same in this one is below
def test_the_stream_is_measured_in_a_process_of_its_own(corpus: Corpus) -> None:
    assert stream_speed(corpus.path, chosen_samples(corpus, 10_000), cores=1, seconds=0.1) > 0


def test_the_stream_is_measured(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.stream.ProcessPoolExecutor", lambda workers, _context: ThreadPoolExecutor(workers))
    monkeypatch.setattr("benchmarks.stream.limit_cores", lambda _cores: None)  # those of the tests stay
    assert stream_speed(corpus.path, chosen_samples(corpus, 10_000), cores=1, seconds=0.1) > 0


def test_the_stored_size_is_that_of_the_shards_of_its_arrays(corpus: Corpus) -> None:
    assert stored_size_bytes(corpus) == sum(
        p.stat().st_size for n in ARRAYS for p in (corpus.path / "data.zarr" / n).glob("c/**/*") if p.is_file()
    )


def test_a_failing_peer_is_named_with_its_last_line(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho too bad >&2\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(Problem, match=r"LitData, raw: too bad"):
        run_peer(python, "write", "LitData, raw", tmp_path, tmp_path)


@pytest.mark.slow
def test_an_interpreter_without_bgfg_runs_the_peers(dumped: Path, tmp_path: Path) -> None:
    """A Python that borrows the libraries of this one but not its bgfg: .pth files aren't read from a borrowed path."""
    pytest.importorskip("simplejpeg")
    script = tmp_path / "borrow.py"
    script.write_text(
        "import runpy, sys\n"
        f"sys.path.append({sysconfig.get_path('purelib')!r})\n"
        "del sys.argv[0]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S {script} "$@"\n')
    python.chmod(0o755)
    run_peer(python, "write", "simplejpeg folder", dumped, tmp_path / "peer")
    assert len(list((tmp_path / "peer").rglob("*.jpeg"))) == len(np.load(dumped / "background.npy"))
