"""From photographs to cut-outs to a corpus, in one call each, by whatever network."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import bgfg
from bgfg.data_manifests.images.image_reading import read_rgba
from bgfg.data_manifests.terminal.notes import no_note
from bgfg.train.cutouts.network import CutoutNetwork
from tests.support.composites import write_composites
from tests.support.matting_onnx import save_matting_onnx
from tests.support.project import ROOT
from tests.support.red_photos import write_red_photo

PORTRAITS = ROOT.parent / "shared" / "portraits"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return save_matting_onnx(
        tmp_path / "red.onnx", "input", ["output"], (1, 3, 320, 320), properties={"licence": "MIT"}
    )


def _cut(photos: Path, out: Path, network: Path, label: str | None = None) -> bgfg.train.cutouts.cut_files.CutoutCounts:
    with pytest.warns(UserWarning, match="read as u2net; licence MIT"):
        return bgfg.cutout(photos, out, model=network, label=label, threads=1)


def test_what_is_cut_out_is_planned_and_its_audit_is_clean(tmp_path: Path, network: Path, sources: Path) -> None:
    """Doubtful ones and sheets are neither planned nor strangers."""
    photos, out = tmp_path / "photos", tmp_path / "people"
    for number in range(4):
        boxes = [(20, 20, 30 + number, 60), (100, 20, 31, 70 + number)]
        write_red_photo(photos / f"IMG_{number}.jpg", boxes, seed=number)
    write_red_photo(photos / "cut.jpg", [(60, 60, 40, 60)])
    write_red_photo(photos / "empty.jpg", [])
    counts = _cut(photos, out, network)
    assert (counts.cutouts, counts.doubtful) == (8, {"border": 1, "nobody": 1})
    report = bgfg.audit(out, full=True, workers=1)
    assert [f for f in report.findings if f.severity != "note" and f.check != "duplicate"] == []
    assert {f.path for f in report.findings if f.check == "ignored"} == set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # red boxes are alike
        corpus = bgfg.plan(tmp_path / "corpus", sources / "bg", out, size_px=64, cutout_height_px=32, placements=1)
    assert corpus.geometry.cutouts == 8


def test_a_label_is_a_sub_folder_and_a_class_of_the_corpus(tmp_path: Path, network: Path, sources: Path) -> None:
    out = tmp_path / "out"
    for label, height_px in (("dog", 60), ("red fox", 20)):
        photo = write_red_photo(tmp_path / f"{label}.png", [(60, 30, 40, height_px)])
        assert _cut(photo, out, network, label).cutouts == 1
        assert read_rgba(out / label / f"{label}.png").shape == (height_px + 2, 42, 4)
    assert sorted(path.name for path in out.iterdir()) == ["dog", "red fox"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one cut-out of a class can't be in each split
        corpus = bgfg.plan(tmp_path / "corpus", sources / "bg", out, size_px=64, cutout_height_px=32, placements=1)
    assert corpus.manifest.classes == ("dog", "red fox")


def test_two_shots_cut_out_whoever_came(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2, 183, 249)
    counts = bgfg.cutout(
        pictures, tmp_path / "out", model="two_stream", background=empty, align=False, size_px=32, threads=1
    )
    assert counts.photos == 2
    assert counts.cutouts + sum(counts.doubtful.values()) >= 2
    made = json.loads((tmp_path / "out/_cutout/made.json").read_text())
    assert (made["model"], made["align"]) == ("two_stream", False)


def test_photographs_of_any_kind_are_taken_upright(tmp_path: Path, network: Path) -> None:
    folder = tmp_path / "photos"
    red = write_red_photo(folder / "plain.png", [(60, 30, 40, 60)])
    with Image.open(red) as image:
        turned = image.transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by 90 degrees to the right
        turned.save(folder / "turned.jpg", quality=95, exif=exif)
        image.convert("CMYK").save(folder / "print.jpg", quality=95)
        image.save(folder / "web.webp", quality=95)
        levels = np.asarray(image).astype(np.uint16) * 257
    assert cv2.imwrite(str(folder / "deep.png"), levels[..., ::-1])
    assert _cut(folder, tmp_path / "out", network).cutouts == 5
    for name in ("plain", "turned", "print", "web", "deep"):
        height_px, width_px = read_rgba(tmp_path / f"out/{name}.png").shape[:2]
        assert (height_px, width_px) == (pytest.approx(63, abs=2), pytest.approx(43, abs=2)), name


def test_neither_pytorch_nor_rembg_is_imported_for_a_network_in_onnx(tmp_path: Path) -> None:
    photo = write_red_photo(tmp_path / "a.png", [])
    code = f"import bgfg, sys; bgfg.cutout({str(photo)!r}, {str(tmp_path / 'out')!r}, threads=1); "
    code += "print({'torch', 'rembg', 'skimage', 'numba'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["set()"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"accept": ["nobody"]}, "--accept nobody: give some of small, uncertain, several, border"),
        ({"min_share": float("nan")}, "min_share=nan: give a number from 0 to 1"),
        ({"max_uncertain": 1.5}, "max_uncertain=1.5: give a number from 0 to 1"),
        ({"onnx": {"model": "u2net"}}, "--onnx model: person says itself what it takes: leave --onnx out"),
        ({"model": "gone.onnx"}, "--model gone.onnx: no such network: give "),
        ({"model": "two_stream"}, "two_stream compares two shots: give the one of the empty scene too"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_made(tmp_path: Path, given: dict, line: str) -> None:
    photo = write_red_photo(tmp_path / "a.png", [])
    with pytest.raises(bgfg.Problem, match=line):
        bgfg.cutout(photo, tmp_path / "out", threads=1, **given)
    assert not (tmp_path / "out").exists()


def test_an_onnx_file_of_bgfg_is_known_by_its_seal(tmp_path: Path) -> None:
    from bgfg.train.models.shipped import WEIGHTS_DIR

    assert CutoutNetwork(str(WEIGHTS_DIR / "person.onnx"), device="cpu", threads=1).open(no_note).card.name == "person"


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="../shared/portraits is not there")
def test_people_of_portraits_are_cut_out_as_they_are_outlined(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in (16, 31):
        (photos / f"{number}.jpg").symlink_to(PORTRAITS / f"images/{number}.jpg")
    counts = bgfg.cutout(photos, tmp_path / "out", accept=["border"], threads=1)
    assert counts.cutouts == 2
    for number in (16, 31):
        mask = cv2.imread(str(PORTRAITS / f"masks/{number}.png"), cv2.IMREAD_GRAYSCALE)
        assert mask is not None
        with Image.open(PORTRAITS / f"images/{number}.jpg") as image:
            mask = np.asarray(cv2.resize(mask, image.size))
        found = np.zeros(mask.shape, np.uint8)
        record = json.loads((tmp_path / f"out/_cutout/photos/{number}.json").read_text())["cutouts"][0]
        cut = read_rgba(tmp_path / f"out/{number}.png")[1:-1, 1:-1, 3]
        top, left = record["top_px"], record["left_px"]
        found[top : top + len(cut), left : left + cut.shape[1]] = cut
        both = (found > 127) & (mask > 127)
        assert both.sum() > 0.9 * ((found > 127) | (mask > 127)).sum()
