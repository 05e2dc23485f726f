"""The stream as its users see it: every sample what `Corpus[i]` is, any ranks, any threads, any restart."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem  # noqa: E402
from bgfg.synth.store.corpus import Corpus  # noqa: E402
from bgfg.train.stream import buffer_pool, corpus_stream, prefetch  # noqa: E402
from bgfg.train.stream.array_stream import ArrayStream  # noqa: E402
from bgfg.train.stream.stream import Stream  # noqa: E402
from tests.support.stored_corpus import remove, upload  # noqa: E402
from tests.support.stream_corpus import B, make_stream_corpus  # noqa: E402
from tests.support.tiny_corpus import H, K, W  # noqa: E402

ALL = ("image", "mask", "depth")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("streamed"))


def samples(stream: Any) -> list[list[int]]:
    return [batch["sample"].tolist() for batch in stream]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("split", ["train", "mixed"])
def test_every_sample_is_that_of_the_corpus(corpus: Corpus, split: str, threads: int) -> None:
    stream = Stream(corpus, split, batch=16, arrays=ALL, threads=threads, window=2)
    seen = 0
    for batch in stream:
        assert batch["image"].shape == (16, 3, H, W)
        assert batch["image"].is_contiguous(memory_format=torch.channels_last)
        assert batch["mask"].shape == batch["depth"].shape == (16, 1, H, W)
        assert {batch[name].dtype for name in ALL} == {torch.uint8}
        for j, i in enumerate(batch["sample"].tolist()):
            sample = corpus[i]
            assert sample.row["split"] == split
            assert int(batch["background"][j]) == sample.row["background"]
            assert np.array_equal(batch["image"][j].permute(1, 2, 0).numpy(), sample.image)
            assert np.array_equal(batch["mask"][j, 0].numpy(), sample.mask)
            assert sample.depth_m is not None
            depth_m = corpus.depth_code().decode(batch["depth"][j, 0].numpy())
            assert np.array_equal(depth_m, sample.depth_m)
            seen += 1
    assert seen == len(stream) * 16 > 0


@pytest.mark.parametrize("near", [1, 2, 3])
@pytest.mark.parametrize("threads", [1, 4])
def test_samples_that_waited_packed_are_the_same_in_the_same_order(corpus: Corpus, near: int, threads: int) -> None:
    options: dict[str, Any] = {"batch": 8, "arrays": ALL, "threads": threads, "spare": 2}
    plain, packed = ArrayStream(corpus, **options), ArrayStream(corpus, **options, near=near)
    assert packed.pool_batches == near + 2 < plain.pool_batches
    for _ in range(3):
        for one, other in zip(plain, packed, strict=True):
            assert all(np.array_equal(one[name], other[name]) for name in one)
    state = {**plain.state_dict(), "consumed": 16}
    for stream in (plain, packed):
        stream.load_state_dict(state)
    assert samples(plain) == samples(packed)


def test_what_is_due_later_than_is_usual_waits_packed_by_default(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"batch": 8, "arrays": ALL, "threads": 2}
    usual = ArrayStream(corpus, **options)
    assert usual.pool_batches == usual._sampler.schedule(0).span + usual.spare
    monkeypatch.setattr(corpus_stream, "usual_span", lambda global_batch: 24 // global_batch)
    packed, plain = ArrayStream(corpus, **options), ArrayStream(corpus, **options, near=1_000)
    assert packed.pool_batches == 3 + packed.spare
    assert plain.pool_batches == usual.pool_batches
    for batches in zip(usual, packed, plain, strict=True):
        assert all(np.array_equal(batches[0][name], other[name]) for other in batches for name in other)


def test_without_a_compiled_part_all_samples_are_laid_out_at_once(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (buffer_pool, prefetch):
        monkeypatch.setattr(module, "library", lambda: None)
    streams = ArrayStream(corpus, batch=8, near=1), ArrayStream(corpus, batch=8)
    assert streams[0].pool_bytes == streams[1].pool_bytes
    assert samples(streams[0]) == samples(streams[1])


def test_arrays_are_streamed_as_tensors_are(corpus: Corpus) -> None:
    options: dict[str, Any] = {"batch": 16, "arrays": ALL, "window": 2}
    streams = ArrayStream(corpus, **options), Stream(corpus, **options)
    for arrays, tensors in zip(*streams, strict=True):
        assert arrays.keys() == tensors.keys()
        assert np.array_equal(arrays["image"], tensors["image"].permute(0, 2, 3, 1))
        assert all(np.array_equal(arrays[name], tensors[name].squeeze(1)) for name in ("mask", "depth"))
        assert all(np.array_equal(arrays[name], tensors[name]) for name in ("sample", "background"))
    assert np.array_equal(streams[0].backgrounds, streams[1].backgrounds.permute(0, 2, 3, 1))


def test_backgrounds_are_looked_up_by_their_number(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=8)
    assert stream.backgrounds.shape == (B, 3, H, W)
    for b in range(B):
        i = corpus.geometry.index.sample(b, 0, 0)
        assert np.array_equal(stream.backgrounds[b].permute(1, 2, 0).numpy(), corpus[i].background)


@pytest.mark.parametrize("world_size", [2, 4, 8, 16])
def test_the_samples_of_a_global_batch_are_the_same_for_any_number_of_ranks(corpus: Corpus, world_size: int) -> None:
    alone = samples(Stream(corpus, batch=16, seed=5))
    ranks = [
        samples(Stream(corpus, batch=16 // world_size, seed=5, rank=r, world_size=world_size))
        for r in range(world_size)
    ]
    together = [sorted(s for rank in ranks for s in rank[t]) for t in range(len(alone))]
    assert together == [sorted(batch) for batch in alone]


@pytest.mark.parametrize(("world_size", "then"), [(1, 1), (1, 4), (2, 1), (16, 2)])
def test_a_stream_goes_on_at_the_next_batch(corpus: Corpus, world_size: int, then: int) -> None:
    def stream(rank: int, ranks: int) -> Stream:
        return Stream(corpus, batch=16 // ranks, seed=2, rank=rank, world_size=ranks)

    whole = Stream(corpus, batch=16, seed=2)
    whole.set_epoch(1)
    expected = [sorted(batch) for batch in samples(whole)]
    first = stream(0, world_size)
    first.set_epoch(1)
    for _, _batch in zip(range(2), first, strict=False):
        pass
    state = json.loads(json.dumps(first.state_dict()))
    ranks = []
    for rank in range(then):
        gone_on = stream(rank, then)
        gone_on.load_state_dict(state)
        gone_on.set_epoch(gone_on.epoch)
        ranks.append(samples(gone_on))
        assert gone_on.epoch == 2
    assert [sorted(s for rank in ranks for s in rank[t]) for t in range(len(ranks[0]))] == expected[2:]


def test_epochs_differ_and_follow_one_another(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=16)
    first, second = samples(stream), samples(stream)
    assert stream.epoch == 2
    assert first != second
    stream.set_epoch(0)
    assert samples(stream) == first
    for _batch in stream:
        break
    stream.set_epoch(1)
    assert samples(stream) == second


def test_a_loop_that_was_left_begins_anew(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=16)
    for _batch in stream:
        break
    assert not [t.name for t in threading.enumerate() if t.name.startswith("bgfg-decode")]
    first = stream.state_dict()["consumed"]
    assert first == 16
    assert len(samples(stream)) == len(stream)
    assert stream.state_dict() | {"epoch": 0} == Stream(corpus, batch=16).state_dict()


def test_two_iterations_at_a_time_are_refused(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=8)
    old = iter(stream)
    next(old)
    new = iter(stream)
    next(new)
    with pytest.raises(RuntimeError, match="iterated anew"):
        next(old)
    next(new)
    stream.close()


def test_batches_that_are_held_stay_as_they_are(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=16, spare=len(Stream(corpus, batch=16)) + 1)
    for batch in [*stream, *islice(stream, 1)]:
        for j, i in enumerate(batch["sample"].tolist()):
            assert np.array_equal(batch["image"][j].permute(1, 2, 0).numpy(), corpus[i].image)


def test_the_order_of_the_store_has_every_sample_once(corpus: Corpus) -> None:
    stream = Stream(corpus, "seen", batch=7, shuffle=False)
    expected = [i for i in range(len(corpus)) if corpus[i].row["split"] == "seen"]
    batches = samples(stream)
    assert [i for batch in batches for i in batch] == expected
    assert len(stream) == len(batches)
    assert stream.left_out == 0
    stream.load_state_dict(stream.state_dict() | {"epoch": 0, "consumed": 14})
    assert samples(stream) == batches[2:]


def test_chosen_samples_are_streamed_instead_of_a_split(corpus: Corpus) -> None:
    stream = Stream(corpus, samples=[100, 3, 17, 3], batch=3, shuffle=False)
    assert samples(stream) == [[3, 17, 100]]
    with pytest.raises(Problem, match="give numbers from 0 to"):
        Stream(corpus, samples=[len(corpus)], shuffle=False)


def test_what_fills_no_batch_is_left_out_and_said(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=40)
    assert len(stream) == 2
    assert stream.left_out == 4 * 8 * (K - 1) - 80
    assert f"{stream.left_out} samples left out" in stream.summary
    assert f"{stream.pool_bytes / 1e6:,.0f} MB" in stream.summary


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch": 12}, r"batch=12 on 1 rank: .* multiple of 8"),
        ({"batch": 3, "world_size": 4}, r"batch=3 on 4 ranks: .* multiple of 2"),
        ({"batch": 4, "world_size": 3}, r"batch=4 on 3 ranks: .* multiple of 8"),
        ({"rank": 2, "world_size": 2}, r"rank=2: give 0 to 1"),
        ({"batch": 0}, r"batch=0: give at least 1"),
        ({"window": 0}, r"window=0: give at least 1"),
        ({"arrays": ("image", "normals")}, r"arrays=.*normals.*: give some of image, mask, depth"),
        ({"split": "dev"}, r"split='dev': give one of"),
        ({"batch": 800}, r"samples: too few for a batch of 800, .* give --batch 96 or less, or plan with more"),
        ({"batch": 16, "samples": np.arange(8) * K}, r"8 samples: too few for a batch of 16, .* give --batch 8, or"),
        (
            {"batch": 8, "samples": [0, 1, 2]},
            r"3 samples: in 1 block of .*: too few for any batch, which mixes 8 block",
        ),
        ({"batch": 8, "world_size": 3, "samples": np.arange(8) * K}, r"8 samples: too few for 3 ranks: start fewer"),
    ],
)
def test_what_makes_no_sense_is_refused(corpus: Corpus, given: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        Stream(corpus, **given)


def test_an_unlabelled_corpus_is_refused_with_the_command(composed: Path) -> None:
    with pytest.raises(Problem, match=r"shard \d of depth is not done: run `bgfg label"):
        Stream(composed, "mixed", arrays=ALL, shuffle=False)


def test_a_half_labelled_corpus_is_refused(corpus: Corpus, copy_of: Callable[[Path], Path]) -> None:
    half = Corpus(copy_of(corpus.path))
    shard = int(Stream(corpus, batch=8).samples[-1]) // corpus.parts[0].samples_per_shard
    (half.path / f"done/depth/{shard}.json").unlink()
    with pytest.raises(Problem, match=rf"shard {shard} of depth is not done: run `bgfg label"):
        Stream(half, batch=8, arrays=ALL)
    assert len(Stream(half, batch=8)) > 0


def test_a_state_of_another_stream_is_refused(corpus: Corpus) -> None:
    stream = Stream(corpus, batch=8, window=4)
    for given, name in (({"seed": 1}, "seed"), ({"window": 3}, "window"), ({"split": "mixed"}, "samples")):
        options: dict[str, Any] = {"batch": 8, **given}
        with pytest.raises(Problem, match=rf"the stream's state is of {name} "):
            stream.load_state_dict(Stream(corpus, **options).state_dict())
    for consumed in (3, -8, 10_000):
        with pytest.raises(Problem, match="where no batch ends"):
            stream.load_state_dict(stream.state_dict() | {"consumed": consumed})


def test_a_position_brings_its_window_where_none_was_given(corpus: Corpus) -> None:
    before, after = (Stream(corpus, batch=16, seed=2, window=window) for window in (2, None))
    assert samples(before) != samples(after)  # which has a pool from then on, for its own window
    iterator = iter(before)
    next(iterator)
    state = json.loads(json.dumps(before.state_dict()))
    after.load_state_dict(state)
    assert after.state_dict() == state
    assert samples(after) == [batch["sample"].tolist() for batch in iterator]
    assert samples(after) == samples(before)
    assert after.window == 2
    with pytest.raises(Problem, match="the stream's state is of window 2, and this stream's window is 16: open it as"):
        Stream(corpus, batch=16, seed=2, window=16).load_state_dict(state)
    for window in ("2", 0, True, None):
        with pytest.raises(Problem, match=rf"the stream's state is of window {window!r}, and this"):
            Stream(corpus, batch=16, seed=2).load_state_dict({**state, "window": window})


def test_in_the_order_of_the_store_any_window_is_that_of_the_position(corpus: Corpus) -> None:
    before = Stream(corpus, batch=8, shuffle=False, window=16)
    after = Stream(corpus, batch=8, shuffle=False)
    after.load_state_dict(before.state_dict() | {"consumed": 8})
    assert samples(after) == samples(before)[1:]


def test_damage_reaches_who_iterates(corpus: Corpus, copy_of: Callable[[Path], Path]) -> None:
    damaged = Corpus(copy_of(corpus.path))
    stream = Stream(damaged, batch=8)
    path = damaged.chunk_path("image", int(stream.samples[0]) // damaged.parts[0].samples_per_shard)
    data = bytearray(path.read_bytes())
    data[: len(data) // 2] = bytes(len(data) // 2)
    path.write_bytes(data)
    with pytest.raises(Problem, match=rf"{path}: chunk \d+ doesn't match its checksum: see `bgfg verify"):
        list(samples(stream))
    assert not [t.name for t in threading.enumerate() if t.name.startswith("bgfg-decode")]


def test_a_corpus_in_an_object_store_is_streamed_by_its_url(corpus: Corpus) -> None:
    url = upload(corpus.path, "memory://streamed/corpus")
    here, there = (Stream(where, batch=16, arrays=ALL) for where in (corpus, url))
    for mine, theirs in zip(here, there, strict=True):
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert torch.equal(here.backgrounds, there.backgrounds)
    assert here.state_dict() == there.state_dict()
    remove(url)
