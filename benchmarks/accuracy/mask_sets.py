"""People found: by two shots of a corpus's pictures, and by one photograph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.contestants import Contestant
from benchmarks.accuracy.scores import Score, ScoredSet, over_scenes
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.images.listing import list_pictures
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.images.panels import panel_grid, panel_row
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.stress import COMBINED_DISTURBANCE, stress
from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap
from bgfg.train.evaluation.corpus import evaluate_run
from bgfg.train.evaluation.evaluator import CLEAN
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT
from bgfg.train.inference.predictor import Predictor
from bgfg.train.inference.runtime import load_model
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, ONNX_SUFFIX
from bgfg.train.stream.evaluation_cells import CellSamples

_HARSH = "harsh"
_CONDITIONS = {CLEAN: "as they are", COMBINED_DISTURBANCE: "second shot moved, re-exposed, noisy", _HARSH: "harsh"}
_WORST_SHOWN, _PANEL_PX, _GAP_PX = 8, 160, 4
_SMALL_PX = 96  # of masks of networks trained at 192 px

U8 = NDArray[np.uint8]


def score_pairs(
    corpus: Corpus, choice: CellSamples, samples: int, contestants: Sequence[Contestant], out: Path, progress: Progress
) -> ScoredSet:
    """Score networks of two shots on a corpus that none of them has seen, as it is and under stress.

    At the size that they were trained at, as `evaluate` does, and as `predict` uses them, larger and with its filters.
    """
    scores = [*_score_predictions(corpus, choice, contestants, progress)]
    for contestant in contestants:
        file = contestant.file("two_stream", CHECKPOINT_SUFFIX)
        if file is None:
            continue
        result = evaluate_run(file, corpus.path, "cpu", samples, progress=progress)
        save_png(result.picture, out / f"pairs-{contestant.name}.png")
        for row in result.report.rows:
            own = row.contestant == result.report.rows[0].contestant
            if row.condition not in _CONDITIONS or row.cell not in "DE" or not (own or contestant is contestants[0]):
                continue
            for place, title in ((AT_OUTPUT, "the network's size"), (AT_CORPUS, "full size")):
                if (figure := row.figures.get(f"{place}.iou")) is not None:
                    set_name = f"pairs, {_CONDITIONS[row.condition]}"
                    scores.append(Score(set_name, f"IoU, {title}", contestant.name if own else row.contestant, figure))
    scores.sort(key=lambda score: (score.set_name, score.measure))
    return ScoredSet(
        tuple(scores),
        "pairs: composites of pictures that no network has seen; `bgfg evaluate`, cell D, and masks of `bgfg predict`",
    )


def _score_predictions(
    corpus: Corpus, choice: CellSamples, contestants: Sequence[Contestant], progress: Progress
) -> Iterator[Score]:
    """Yield the scores of the masks of `predict`, which sees a composite and a shot of the background of a sample."""
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts)
    samples = choice.samples.tolist()
    true = [corpus.read("mask", sample) for sample in samples]
    for contestant in contestants:
        file = contestant.file("two_stream", ONNX_SUFFIX)
        if file is None:
            continue
        for condition, title in _CONDITIONS.items():
            shots = [shots_of(corpus, sample, condition) for sample in samples]
            found = _predicted(file, shots, f"pairs by predict, {contestant.name}, {title}", progress)
            for size, sized in (("full size", np.asarray), (f"{_SMALL_PX} px", _small)):
                ious = [mask_iou(sized(mask), sized(truth)) for mask, truth in zip(found, true, strict=True)]
                figure = bootstrap.estimate(np.array(ious))
                yield Score(f"pairs, {title}", f"IoU, {size}, by predict", contestant.name, figure)


def _small(mask: U8) -> U8:
    """Return a square mask (h, h) at the size of the network's own masks."""
    return np.asarray(cv2.resize(mask, (_SMALL_PX, _SMALL_PX), interpolation=cv2.INTER_AREA), np.uint8)


def _predicted(file: Path, shots: Sequence[Sequence[U8]], title: str, progress: Progress) -> list[U8]:
    """Return the masks of `predict`, (H, W) uint8 each, of an empty scene and a picture, or of a picture alone."""
    predictor, masks = Predictor(load_model(file, "cpu")), []
    with progress(title, len(shots), 0) as advance:
        for *empty, picture in shots:
            person = predictor.predict(picture, empty[0] if empty else None).person
            assert person is not None
            masks.append(person.mask)
            advance(1)
    return masks


def shots_of(corpus: Corpus, sample: int, condition: str) -> tuple[U8, U8]:
    """Return the two shots of a sample under a condition, (h, w, 3) each."""
    background = corpus.read("background", int(corpus.pictures_of(np.array([sample]))[0][0]))
    shots = background, corpus.read("image", sample)
    if condition == CLEAN:
        return shots
    bg, bg_fg = (torch.from_numpy(shot.transpose(2, 0, 1)[None].copy()) for shot in shots)
    mask = torch.from_numpy(corpus.read("mask", sample)[None, None])
    disturbed = stress(condition, bg, bg_fg, mask, torch.tensor([sample]))
    second, first = (np.ascontiguousarray(shot[0].permute(1, 2, 0).numpy()) for shot in disturbed)
    return second, first


def score_composites(
    corpus: Corpus, choice: CellSamples, contestants: Sequence[Contestant], out: Path, progress: Progress
) -> ScoredSet:
    """Score networks of one photograph on the composites of a corpus."""
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts)
    pairs = [(corpus.read("image", i), corpus.read("mask", i)) for i in choice.samples.tolist()]
    scores = []
    for name, ious in _score_people("composites", pairs, contestants, out, progress):
        scores.append(Score("one photograph, composites", "IoU", name, bootstrap.estimate(ious)))
    return ScoredSet(tuple(scores), "one photograph, composites: the same corpus, without its second shots")


def score_photographs(folder: Path, contestants: Sequence[Contestant], out: Path, progress: Progress) -> ScoredSet:
    """Score networks of one photograph on images/NAME with their masks/NAME, each of another person."""
    masks = {path.stem: path for path in list_pictures(folder / "masks")[0]}
    images = [path for path in list_pictures(folder / "images")[0] if path.stem in masks]
    pairs = [(picture := read_rgb(path), read_mask(masks[path.stem], picture)) for path in images]
    scores = [
        Score("one photograph, portraits", "IoU", name, over_scenes(ious, [path.stem for path in images]))
        for name, ious in _score_people("portraits", pairs, contestants, out, progress)
    ]
    return ScoredSet(tuple(scores), "one photograph, portraits: intervals over people")


def mask_iou(found: U8, true: U8) -> float:
    """Return the intersection over union of two masks (h, w) uint8; 1 where both are empty."""
    ours, theirs = found >= OPAQUE_U8, true >= OPAQUE_U8
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def _score_people(
    title: str, pairs: Sequence[tuple[U8, U8]], contestants: Sequence[Contestant], out: Path, progress: Progress
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield each contestant's IoU of every picture, and draw its worst."""
    for contestant in contestants:
        file = contestant.file("person", ONNX_SUFFIX)
        if file is None:
            continue
        found = _predicted(file, [[picture] for picture, _ in pairs], f"{title}, {contestant.name}", progress)
        ious = np.array([mask_iou(mask, true) for mask, (_, true) in zip(found, pairs, strict=True)])
        worst = np.argsort(ious)[:_WORST_SHOWN].tolist()
        rows = [panel_row([pairs[i][0], *map(_as_rgb, (pairs[i][1], found[i]))], _PANEL_PX) for i in worst]
        save_png(panel_grid(rows, 2, _GAP_PX), out / f"{title}-worst-{contestant.name}.png")
        yield contestant.name, ious


def read_mask(path: Path, picture: U8) -> U8:
    """Read a mask, (H, W) uint8, at the size of its picture (H, W, 3): some data sets have them at another."""
    levels = read_rgb(path)[..., 0]
    height_px, width_px = picture.shape[:2]
    return np.asarray(cv2.resize(levels, (width_px, height_px), interpolation=cv2.INTER_NEAREST), np.uint8)


def _as_rgb(mask: U8) -> U8:
    return np.dstack([mask] * 3)
