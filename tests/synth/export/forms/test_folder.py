"""A folder holds the six kinds under the names of the grammar, complete, and equal to the store or as lossy as JPEG."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.naming import parse_name
from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.images.image_reading import read_depth, read_rgba
from bgfg.synth.export.encode import depth_lookup_table
from bgfg.synth.export.forms.folder import FOLDER_OF_KIND
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W


def read(path: Path) -> NDArray:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return np.asarray(pixels)


@pytest.fixture(scope="module")
def lossless(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lossless") / "out"
    export_corpus(labelled, out, ExportRequest("folder", Selection(), image="png", depth_bits=16), IN_PROCESS)
    return out


@pytest.fixture(scope="module")
def usual(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("usual") / "out"
    export_corpus(labelled, out, ExportRequest("folder", Selection(), depth_bits=8), IN_PROCESS)
    return out


def test_every_kind_is_complete_under_canonical_names(usual: Path, labelled: Path) -> None:
    counts = {
        "bg": B,
        "fg": 2 * C,
        "fg_mask": 2 * C,
        "image": B * 2 * C * K,
        "mask": B * 2 * C * K,
        "depth": B * 2 * C * K,
    }
    for kind, folder in FOLDER_OF_KIND.items():
        names = sorted(path.name for path in (usual / folder).iterdir())
        assert len(names) == counts[kind]
        for name in names:
            parsed = parse_name(name)
            assert parsed is not None
            assert (parsed[0].kind, parsed[1]) == (kind, ())
    rows = [Corpus(labelled)[i].row for i in range(48)]
    for kind in ("image", "mask", "depth"):
        assert {path.name for path in (usual / FOLDER_OF_KIND[kind]).iterdir()} == {row[f"{kind}_name"] for row in rows}
    assert sorted(path.name for path in usual.iterdir()) == sorted(
        [*FOLDER_OF_KIND.values(), "README.md", "SHA256SUMS", "croissant.json", "export.json", "samples.csv"]
    )
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=usual, check=True)


def test_the_lossless_export_equals_the_store(lossless: Path, labelled: Path) -> None:
    corpus = Corpus(labelled)
    for i in range(len(corpus)):
        sample = corpus[i]
        image = read(lossless / "bg_fg" / sample.row["image_name"].replace(".jpeg", ".png"))
        np.testing.assert_array_equal(image[..., ::-1], sample.image)
        np.testing.assert_array_equal(read(lossless / "bg_fg_mask" / sample.row["mask_name"]), sample.mask)
        depth_mm = read_depth(lossless / "bg_fg_depth" / sample.row["depth_name"].replace(".jpeg", ".png"))
        assert sample.depth_m is not None
        np.testing.assert_array_equal(depth_mm, np.round(sample.depth_m.astype(float) * 1000))
    for b in range(B):
        np.testing.assert_array_equal(
            read(lossless / f"bg/bg{b + 1:03d}.png")[..., ::-1], corpus.array("background")[b]
        )


def test_jpegs_stay_near_and_have_the_size_of_their_masks(usual: Path, labelled: Path) -> None:
    corpus = Corpus(labelled)
    table = depth_lookup_table(corpus.depth_code(), 8)
    for i in (0, 17, 47):
        sample = corpus[i]
        image = read(usual / "bg_fg" / sample.row["image_name"])
        luma = cv2.cvtColor(sample.image, cv2.COLOR_RGB2GRAY).astype(int)  # chroma is subsampled
        assert image.shape == (H, W, 3)
        assert np.abs(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(int) - luma).mean() < 4
        np.testing.assert_array_equal(read(usual / "bg_fg_mask" / sample.row["mask_name"]), sample.mask)
        depth = read(usual / "bg_fg_depth" / sample.row["depth_name"])
        assert depth.shape == (H, W)
        assert np.abs(depth.astype(int) - table[corpus.array("depth")[i]]).max() <= 6


def test_cutouts_are_at_their_own_size_flips_exact_mirrors_and_masks_their_alpha(usual: Path, labelled: Path) -> None:
    stored = Corpus(labelled).array("cutout")[:]
    for c in range(C):
        rgba = read_rgba(usual / f"fg/fg{c + 1:03d}.png")
        flipped = read_rgba(usual / f"fg/fg{c + 1:03d}_01.png")
        assert rgba.shape == (CUTOUT_HEIGHT, 5 + 2 * c, 4)
        np.testing.assert_array_equal(rgba, stored[2 * c][: rgba.shape[0], : rgba.shape[1]])
        np.testing.assert_array_equal(flipped, rgba[:, ::-1])
        np.testing.assert_array_equal(read(usual / f"fg_mask/frg{c + 1:03d}.png"), rgba[..., 3])
        np.testing.assert_array_equal(read(usual / f"fg_mask/frg{c + 1:03d}_01.png"), flipped[..., 3])


def test_a_selection_brings_its_backgrounds_and_both_sides_of_its_cutouts(labelled: Path, tmp_path: Path) -> None:
    selection = Selection(filters=(Filter.parse("background=2"), Filter.parse("cutout=1")))
    export_corpus(labelled, tmp_path / "out", ExportRequest("folder", selection, depth_bits=None), IN_PROCESS)
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    samples = {f"bg_fg/bg003_fg001_01_00{k + 1}.jpeg" for k in range(K)}
    samples |= {f"bg_fg_mask/bg003_fg001_01_00{k + 1}_mask.png" for k in range(K)}
    cutouts = {f"{kind}001{flip}.png" for kind in ("fg/fg", "fg_mask/frg") for flip in ("", "_01")}
    lists = {"README.md", "SHA256SUMS", "croissant.json", "export.json", "samples.csv"}
    assert files == samples | cutouts | lists | {"bg/bg003.jpeg"}
    assert not (tmp_path / "out/bg_fg_depth").exists()


def test_grey_pictures_have_one_channel(labelled: Path, tmp_path: Path) -> None:
    request = ExportRequest("folder", Selection(samples=(0, 4)), grey=True, depth_bits=8)
    export_corpus(labelled, tmp_path / "out", request, IN_PROCESS)
    assert read(tmp_path / "out/bg_fg/bg001_fg001_001.jpeg").shape == (H, W)
    assert read(tmp_path / "out/bg/bg001.jpeg").shape == (H, W)
    assert read(tmp_path / "out/fg/fg001.png").shape[2] == 4
