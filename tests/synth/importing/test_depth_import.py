"""Depth maps keep their values, and which way round they are is found or asked."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.summary import CorpusSummary
from bgfg.data_manifests.imports.depth_direction import grows_with_nearness
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.card_texts import card_texts
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS

H, W, N = 30, 41, 5


def people(number: int) -> NDArray[np.uint8]:
    mask = np.zeros((H, W), np.uint8)
    mask[8:26, 5 + 4 * number : 14 + 4 * number] = 255
    return mask


def depth(number: int, bits: int = 8) -> NDArray[np.uint16]:
    """Distances: rooms farther at the top, people nearer than what is beside them."""
    top = 255 if bits == 8 else 6000
    far = np.linspace(top, 0.4 * top, H)[:, None] * np.ones(W) - 3 * number
    return np.where(people(number) > 0, 0.2 * top, far).astype(np.uint16)


def write_set(root: Path, maps: list[NDArray[np.uint16]], with_mask: bool = True) -> Path:
    for kind in ("images", "masks", "depth"):
        (root / kind).mkdir(parents=True)
    for number, values in enumerate(maps):
        pixels = np.random.default_rng(number).integers(0, 256, (H, W, 3), np.uint8)
        cv2.imwrite(str(root / f"images/{number}.png"), pixels)
        cv2.imwrite(str(root / f"masks/{number}.png"), people(number) if with_mask else np.zeros((H, W), np.uint8))
        is_wide = values.max() > 255
        cv2.imwrite(str(root / f"depth/{number}.png"), values if is_wide else values.astype(np.uint8))
    return root


def imported(root: Path, tmp_path: Path, **options: object) -> Corpus:
    import_corpus(root, tmp_path / "corpus", ImportOptions(**options), IN_PROCESS)  # type: ignore[arg-type]
    return Corpus(tmp_path / "corpus")


def unit_of_depth(corpus: Corpus) -> str:
    lines = CorpusSummary.from_records(CorpusRecords.open(corpus.path)).to_text().splitlines()
    (row,) = (line.split() for line in lines if line.startswith("depth") and str(N * H * W) in line)
    return row[1]


@pytest.mark.parametrize("bits", [8, 16])
def test_marks_have_the_sums_of_all_pixels(tmp_path: Path, bits: int) -> None:
    maps = [depth(n, bits) for n in range(N)]
    maps[0][:3] = 0  # unknown
    corpus = imported(write_set(tmp_path / "set", maps), tmp_path, inverse_depth=False)
    for array, channels, unit_m in (("image", 3, 1.0), ("mask", 1, 1.0), ("depth", 1, corpus.depth_code().near_m)):
        values = np.array([corpus.read(array, n) for n in range(N)]).reshape(-1, channels).astype(object)
        mark = corpus.mark(array, 0)
        assert mark.count == (np.count_nonzero(values) if array == "depth" else len(values))
        assert mark.sums == pytest.approx((values.sum(axis=0) * unit_m).tolist(), rel=1e-12)
        assert mark.squares == pytest.approx(((values**2).sum(axis=0) * unit_m**2).tolist(), rel=1e-12)


def test_near_bright_is_found_and_turned_without_loss(tmp_path: Path) -> None:
    maps = [np.where(depth(n) > 0, 256 - depth(n), 0).astype(np.uint16) for n in range(N)]
    corpus = imported(write_set(tmp_path / "set", maps), tmp_path)
    assert (corpus.manifest.teacher or {})["values"] == "nearness"
    for n in range(N):
        codes = corpus.read("depth", n).astype(int)
        assert np.array_equal(np.where(codes > 0, 256 - codes, 0), maps[n])
        assert np.array_equal(codes, depth(n))


def test_far_bright_is_kept_as_it_is(tmp_path: Path) -> None:
    corpus = imported(write_set(tmp_path / "set", [depth(n) for n in range(N)]), tmp_path)
    assert (corpus.manifest.teacher or {})["encoding"]["kind"] == "relative"
    assert np.array_equal(corpus.read("depth", 2), depth(2))
    assert unit_of_depth(corpus) == "none"
    card = card_texts(CorpusRecords.open(corpus.path), None)["README.md"]
    assert "| uint8 | levels without a unit, larger is farther, code 0 unknown |" in card


def test_a_unit_makes_metres(tmp_path: Path) -> None:
    root = write_set(tmp_path / "set", [depth(n) for n in range(N)])
    corpus = imported(root, tmp_path, depth_scale_m=0.02)
    found = corpus[3].depth_m
    assert found is not None
    np.testing.assert_allclose(found, depth(3) * 0.02, rtol=1e-6)
    assert np.array_equal(corpus.read("depth", 3), depth(3).astype(np.uint8))  # as it is, of as many bits
    assert corpus.array("depth").dtype == np.uint8
    assert unit_of_depth(corpus) == "m"


def test_sixteen_bits_are_millimetres(tmp_path: Path) -> None:
    root, options = write_set(tmp_path / "set", [depth(n, 16) for n in range(N)]), ImportOptions()
    done = import_corpus(root, tmp_path / "corpus", options, IN_PROCESS)
    [said] = [note for note in done.notes if "depth maps" in note]
    assert "units of 0.001 m, which nothing here says: if they have another unit, give --depth-scale" in said
    told = import_corpus(root, tmp_path / "told", ImportOptions(depth_scale_m=0.001), IN_PROCESS)
    assert "depth maps of 16 bits: distances in units of 0.001 m" in told.notes
    corpus = Corpus(tmp_path / "corpus")
    found = corpus[1].depth_m
    assert found is not None
    np.testing.assert_allclose(found, depth(1, 16) / 1000, rtol=1e-6)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("step", [2, 3])
def test_maps_of_another_size_than_the_masks_say_as_much(tmp_path: Path, bits: int, step: int) -> None:
    """As networks label them: the values stay, and the direction is found."""
    maps = [depth(n, bits)[::step, ::step] for n in range(N)]
    if bits == 8:
        maps = [np.where(each > 0, 256 - each, 0).astype(np.uint16) for each in maps]  # near is bright
    corpus = imported(write_set(tmp_path / "set", maps), tmp_path)
    assert (corpus.manifest.teacher or {})["values"] == ("nearness" if bits == 8 else "distance")
    seen = np.unique(corpus.read("depth", 1))
    assert (
        seen.max() > 255 if bits == 16 else set(256 - seen[seen > 0].astype(int)) <= set(np.unique(maps[1]).astype(int))
    )


def test_maps_that_do_not_say_it_are_asked_about(tmp_path: Path) -> None:
    flat = [np.full((H, W), 90, np.uint16) for _ in range(N)]
    root = write_set(tmp_path / "set", flat, with_mask=False)
    with pytest.raises(Problem, match="give --inverse-depth if near is bright, or --no-inverse-depth if far is"):
        imported(root, tmp_path)
    assert not (tmp_path / "corpus").exists()
    assert np.array_equal(imported(root, tmp_path, inverse_depth=False).read("depth", 0), flat[0])


def test_a_map_in_colours_is_named(tmp_path: Path) -> None:
    root = write_set(tmp_path / "set", [depth(n) for n in range(N)])
    cv2.imwrite(str(root / "depth/1.png"), np.random.default_rng(0).integers(0, 256, (H, W, 3), np.uint8))
    with pytest.raises(Problem, match="a depth map in colours"):
        imported(root, tmp_path)


@pytest.mark.parametrize("is_near_bright", [True, False])
def test_people_decide_before_floors_do(is_near_bright: bool) -> None:
    maps = [(256 - depth(n)) if is_near_bright else depth(n) for n in range(N)]
    turned = [np.where(people(n) > 0, m, m[::-1]).astype(np.uint16) for n, m in enumerate(maps)]
    for some in (maps, turned):
        pairs = [(m.astype(np.uint16), people(n)) for n, m in enumerate(some)]
        assert grows_with_nearness(pairs) in (is_near_bright, None)
    assert grows_with_nearness([(m.astype(np.uint16), people(n)) for n, m in enumerate(maps)]) is is_near_bright
