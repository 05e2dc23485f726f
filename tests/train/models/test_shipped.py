"""The networks that come with bgfg."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.synth.kit.build import build_kit
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.model_card import BACKGROUND, COMPOSITE, SINGLE_IMAGE
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, ONNX_SUFFIX, SHIPPED_MODELS, WEIGHTS_DIR, shipped_file

FILES = [WEIGHTS_DIR / f"{name}{suffix}" for name in SHIPPED_MODELS for suffix in (CHECKPOINT_SUFFIX, ONNX_SUFFIX)]
LARGEST_BYTES = 8_000_000


def scene(height_px: int, width_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return an empty scene, a second shot of it with somebody in it, and where that is."""
    draw = np.random.default_rng(0)
    coarse = draw.integers(40, 216, (7, 9, 3), dtype=np.uint8)
    empty = cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    person = np.zeros((height_px, width_px), np.uint8)
    cv2.ellipse(person, (width_px // 2, height_px * 2 // 3), (width_px // 9, height_px // 4), 0, 0, 360, 1, -1)
    clothes = cv2.resize(draw.integers(0, 90, (4, 4, 3), dtype=np.uint8), (width_px, height_px))
    seen = np.where(person[..., None] > 0, clothes, np.clip(empty * 1.05 + 3, 0, 255)).astype(np.uint8)
    return empty, seen, person.astype(bool)


def drawn_scene(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a drawn room, the same with somebody drawn in it, and where that is."""
    build_kit(folder, 1, 1, 448, seed=77)
    empty, person = read_rgb(folder / "bg/bg001.jpeg"), read_rgba(folder / "fg/fg001.png")
    height_px, width_px = person.shape[:2]
    part = (slice(200, 200 + height_px), slice(170, 170 + width_px))
    alpha = np.zeros((*empty.shape[:2], 1), np.float32)
    alpha[part] = person[..., 3:] / 255
    seen = empty.copy()
    seen[part] = np.round(seen[part] * (1 - alpha[part]) + person[..., :3] * alpha[part]).astype(np.uint8)
    return empty, seen, alpha[..., 0] >= 0.5


def masked(predictor: Predictor, picture: np.ndarray, background: np.ndarray) -> np.ndarray:
    shots = (picture, background) if predictor.model.card.needs_background else (picture,)
    person = predictor.predict(*shots).person
    assert person is not None
    return np.asarray(person.mask >= 128)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_small_and_the_readme_beside_it_names_its_digest(file: Path) -> None:
    assert file.stat().st_size <= LARGEST_BYTES
    assert file_sha256(file) in (WEIGHTS_DIR / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_it_finds_somebody_in_front_of_a_scene_that_it_never_saw(name: str, tmp_path: Path) -> None:
    predictor = Predictor(load_model(Path(name), threads=1))
    # Whoever has one picture alone must know people by their looks.
    empty, seen, person = scene(301, 407) if predictor.model.card.needs_background else drawn_scene(tmp_path)
    found = masked(predictor, seen, empty)
    assert (found & person).sum() / (found | person).sum() > 0.9
    assert masked(predictor, empty, empty).mean() < 0.01


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_both_files_of_a_network_give_the_same(name: str) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    from bgfg.train.export.half_precision import is_half

    models = [
        load_model(WEIGHTS_DIR / f"{name}{suffix}", "cpu", threads=1) for suffix in (ONNX_SUFFIX, CHECKPOINT_SUFFIX)
    ]
    # Options may be called otherwise in a file of before: they build nothing in ONNX Runtime.
    cards = [replace(model.card, options={}) for model in models]
    assert cards[0] == cards[1]
    draw = np.random.default_rng(1)
    kinds = (BACKGROUND, COMPOSITE, SINGLE_IMAGE)
    shots = {kind: draw.random((2, 3, 192, 224), dtype=np.float32) for kind in kinds}
    first, second = (model.run([shots[kind] for kind in model.card.inputs]) for model in models)
    most = 1e-2 if is_half(WEIGHTS_DIR / f"{name}{CHECKPOINT_SUFFIX}") else 1e-3
    assert all(np.abs(first[output] - second[output]).max() < most for output in models[0].card.outputs)


def test_a_name_is_that_of_what_lies_there_where_something_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shipped_file(Path("two_stream"), ONNX_SUFFIX) == WEIGHTS_DIR / "two_stream.onnx"
    assert shipped_file(Path("runs/two_stream"), ONNX_SUFFIX) == Path("runs/two_stream")
    (tmp_path / "two_stream").mkdir()
    assert shipped_file(Path("two_stream"), ONNX_SUFFIX) == Path("two_stream")
