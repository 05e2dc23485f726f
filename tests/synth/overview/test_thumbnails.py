"""Pages of thumbnails show what the samples show, small, and leave out what isn't made."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.overview.sample_reader import SampleReader
from bgfg.synth.overview.thumbnails import jpeg_bytes, thumbnail_page
from bgfg.synth.preview import INSTANCE_COLOURS
from bgfg.synth.store.corpus import Corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.object_server import serving
from tests.support.tiny_corpus import H, W


def test_thumbnails_of_small_pictures_are_the_pictures(labelled: Path) -> None:
    corpus = Corpus(labelled)
    reader, samples = SampleReader(corpus), np.array([30, 2, 11])
    for shown in ("image", "mask", "depth"):
        for sample, thumbnail in zip(samples, thumbnail_page(reader, samples, shown), strict=True):
            of_sample = corpus[int(sample)]
            assert of_sample.depth_m is not None
            code = corpus.depth_code()
            expected = {
                "image": of_sample.image,
                "mask": np.repeat(of_sample.mask[..., None], 3, axis=2),
                "depth": colour_depth(of_sample.depth_m, code.near_m, code.far_m),
            }[shown]
            assert thumbnail is not None
            assert np.array_equal(thumbnail, expected)


def test_larger_pictures_are_shrunk_in_their_proportions(labelled: Path) -> None:
    (small,) = thumbnail_page(SampleReader(Corpus(labelled)), np.array([4]), side_px=8)
    assert small is not None
    assert small.shape == (round(H * 8 / W), 8, 3)


def test_instances_have_their_colours(tmp_path: Path) -> None:
    corpus = Corpus(make_crowd_corpus(tmp_path, "random", CutoutsPerSample(2, 3)))
    (thumbnail,) = thumbnail_page(SampleReader(corpus), np.array([5]), "instance")
    assert thumbnail is not None
    assert np.array_equal(thumbnail, INSTANCE_COLOURS[corpus.read("instance", 5)])


def test_a_half_made_corpus_has_gaps(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    corpus.mark_path("image", 1).unlink()
    samples = np.array([corpus.samples_of(1)[0], 0])
    gap, there = thumbnail_page(SampleReader(corpus), samples)
    assert gap is None
    assert there is not None
    assert thumbnail_page(SampleReader(corpus), samples[:1]) == [None]
    assert thumbnail_page(SampleReader(corpus), samples[:1], "instance") == [None]  # an array that isn't there


def test_a_jpeg_file_has_the_colours(labelled: Path) -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 250
    with Image.open(io.BytesIO(jpeg_bytes(red))) as image:
        assert image.format == "JPEG"
        assert image.getpixel((8, 8)) == pytest.approx((250, 0, 0), abs=3)


def test_a_page_of_a_corpus_under_a_url_is_that_of_its_folder(labelled: Path) -> None:
    samples = np.array([40, 1, 17, 18])
    with serving(labelled) as server:
        reader = SampleReader(open_corpus(server.url), threads=8)
        for shown in ("image", "depth"):
            page = thumbnail_page(reader, samples, shown)
            here = thumbnail_page(SampleReader(Corpus(labelled)), samples, shown)
            for there, expected in zip(page, here, strict=True):
                assert there is not None
                assert expected is not None
                assert np.array_equal(there, expected)
