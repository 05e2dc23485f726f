"""A video goes in frame by frame, and comes out as videos."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_reading import read_depth
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.inference.edit import paint_background
from bgfg.train.inference.edit_files import edit_files
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.video import edit_video, predict_video
from bgfg.train.inference.video_reader import Video
from tests.support.composites import composite, far_from_edges
from tests.support.stub_models import DifferenceModel, RednessModel
from tests.support.videos import sound_packets, times_s, walk, write_video
from tests.train.ops.test_align import room

H, W, FRAMES = 60, 84, 5


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A lossless video of a person who appears in every other frame, and the empty scene beside it."""
    path = tmp_path / "walk.mkv"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 10.0, (W, H))
    picture, background, _ = composite(H, W, 1)
    for i in range(FRAMES):
        writer.write(np.ascontiguousarray((picture if i % 2 == 0 else background)[..., ::-1]))
    writer.release()
    cv2.imwrite(str(tmp_path / "empty.png"), background[..., ::-1])
    return path


def test_a_video_gives_videos_and_what_they_cannot_hold_as_numbered_pictures(tmp_path: Path, video: Path) -> None:
    predictor, out = Predictor(DifferenceModel(tmp_path / "w")), tmp_path / "out"
    paths = predict_video(predictor, video, tmp_path / "empty.png", out, False, no_progress)
    assert paths == [out / place for place in ("mask/walk.mkv", "side_by_side/walk.mp4", "cutout/walk", "depth/walk")]
    for folder in paths[2:]:
        assert sorted(path.name for path in folder.iterdir()) == [f"{i:06d}.png" for i in range(FRAMES)]
    cutout = cv2.imread(str(paths[2] / "000002.png"), cv2.IMREAD_UNCHANGED)
    assert cutout is not None
    assert cutout.shape == (H, W, 4)
    assert {int(read_depth(paths[3] / "000002.png").min()), int(read_depth(paths[3] / "000001.png").min())} == {
        2000,
        4000,
    }
    masks = [frame.pixels for frame in Video.open(paths[0]).read()]
    _, _, mask = composite(H, W, 1)
    sure = far_from_edges(mask, 6)
    assert len(masks) == len(list(Video.open(paths[1]).read())) == FRAMES
    for i, found in enumerate(masks):
        assert found.shape == (H, W, 3)
        assert (found[sure, 0] == (mask[sure] if i % 2 == 0 else 0)).all()
    assert Video.open(paths[1]).frames_per_s == pytest.approx(10.0)


def test_the_next_frame_is_predicted_while_one_is_edited(tmp_path: Path, video: Path) -> None:
    model = DifferenceModel(tmp_path / "w")
    waited: list[int] = []

    def change(pixels: Pixels, _background: Pixels | None, _prediction: Prediction) -> Pixels:
        until = time.monotonic() + 20
        while len(model.seen) < min(len(waited) + 2, FRAMES) and time.monotonic() < until:
            time.sleep(0.001)
        waited.append(len(model.seen))
        return pixels

    empty, out = tmp_path / "empty.png", tmp_path / "new.mkv"
    edit_video(Predictor(model), video, empty, out, False, change, no_progress)
    assert all(seen >= min(i + 2, FRAMES) for i, seen in enumerate(waited))
    assert len(waited) == FRAMES
    given, made = ([frame.pixels for frame in Video.open(path).read()] for path in (video, out))
    np.testing.assert_array_equal(given, made)


def test_two_frames_are_predicted_at_once_and_come_in_their_order(tmp_path: Path, video: Path) -> None:
    class Meeting(DifferenceModel):
        """The first two frames wait for each other."""

        def __init__(self, folder: Path) -> None:
            super().__init__(folder)
            self.met = threading.Barrier(2, timeout=20)
            self.coming = itertools.count()

        def run(self, pictures: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
            if next(self.coming) < 2:
                self.met.wait()
            return super().run(pictures)

    def mask(_pixels: Pixels, _background: Pixels | None, found: Prediction) -> Pixels:
        assert found.person is not None
        return np.repeat(found.person.mask[..., None], 3, axis=2)

    empty, outs = tmp_path / "empty.png", (tmp_path / "new.mkv", tmp_path / "alone.mkv")
    for model, out in zip((Meeting(tmp_path / "w"), DifferenceModel(tmp_path / "w")), outs, strict=True):
        edit_video(Predictor(model), video, empty, out, False, mask, no_progress)
    together, alone = ([frame.pixels for frame in Video.open(out).read()] for out in outs)
    np.testing.assert_array_equal(together, alone)


def test_of_one_thread_frames_are_read_predicted_edited_and_written_in_turn(tmp_path: Path, video: Path) -> None:
    model, empty = DifferenceModel(tmp_path / "w"), tmp_path / "empty.png"
    outs = tmp_path / "1.mkv", tmp_path / "2.mkv"
    threads, started, predicted = threading.active_count(), [], []

    def change(pixels: Pixels, _background: Pixels | None, _prediction: Prediction) -> Pixels:
        started.append(threading.active_count() - threads)
        predicted.append(len(model.seen))
        return pixels[::-1]

    edit_video(Predictor(model, threads=1), video, empty, outs[0], False, change, no_progress)
    assert started == [0] * FRAMES
    assert predicted == list(range(1, FRAMES + 1))
    edit_video(Predictor(model), video, empty, outs[1], False, change, no_progress)
    alone, beside = ([frame.pixels for frame in Video.open(out).read()] for out in outs)
    np.testing.assert_array_equal(alone, beside)

    predict_video(Predictor(model, threads=1), video, empty, tmp_path / "out", False, no_progress)
    assert len(list((tmp_path / "out/cutout/walk").iterdir())) == FRAMES
    assert threading.active_count() == threads


def test_an_edit_that_fails_ends_the_prediction(tmp_path: Path, video: Path) -> None:
    def change(*_: object) -> Pixels:
        raise ValueError("no edit")

    threads = threading.active_count()
    with pytest.raises(ValueError, match="no edit"):
        edit_video(
            Predictor(DifferenceModel(tmp_path / "w")), video, tmp_path / "empty.png", tmp_path / "new.mp4", False,
            change, no_progress,
        )  # fmt: skip
    assert threading.active_count() == threads
    assert not (tmp_path / "new.mp4").exists()


def test_people_found_one_by_one_are_drawn_and_numbered_in_each_frame(tmp_path: Path, video: Path) -> None:
    predictor, out = Predictor(RednessModel(tmp_path / "w")), tmp_path / "out"
    paths = predict_video(predictor, video, None, out, False, no_progress)
    places = ("overlay/walk.mp4", "side_by_side/walk.mp4", "instances/walk", "detections/walk")
    assert paths == [out / place for place in places]
    assert len(list(Video.open(paths[0]).read())) == len(list(Video.open(paths[1]).read())) == FRAMES
    for i in range(FRAMES):
        found = json.loads((paths[3] / f"{i:06d}.json").read_text())
        assert (found["file_name"], found["width"], found["height"]) == ("walk.mkv", W, H)
        assert [person["number"] for person in found["instances"]] == [1][: i % 2 == 0]
        numbers = cv2.imread(str(paths[2] / f"{i:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert numbers is not None
        assert numbers.max() == len(found["instances"])
    with pytest.raises(Problem, match="finds people one by one, and no soft mask to put something behind"):
        edit_files(
            predictor, video, None, tmp_path / "new.mp4", False, paint_background((10, 70, 120)), {}, no_progress
        )
    with pytest.raises(Problem, match="looks at the picture alone: leave the option out"):
        predict_video(predictor, video, tmp_path / "empty.png", out, False, no_progress)


@pytest.mark.parametrize(("out", "made"), [("out", "out/walk.mp4"), ("new.mp4", "new.mp4"), ("new.mkv", "new.mkv")])
def test_an_edited_video_is_a_video(tmp_path: Path, video: Path, out: str, made: str) -> None:
    given = (Predictor(DifferenceModel(tmp_path / "w")), video, tmp_path / "empty.png")
    assert edit_files(*given, tmp_path / out, False, paint_background((10, 70, 120)), {}, no_progress) == [
        tmp_path / made
    ]
    frames = [frame.pixels for frame in Video.open(tmp_path / made).read()]
    picture, _, mask = composite(H, W, 1)
    sure = far_from_edges(mask, 6)
    within = 2 if made.endswith("mkv") else 40  # the other one is lossy
    assert len(frames) == FRAMES
    assert np.abs(frames[0][sure & (mask == 0)] - np.array([10, 70, 120])).max() <= within
    assert np.abs(frames[0][sure & (mask == 255)].astype(int) - picture[sure & (mask == 255)]).mean() <= within / 2
    assert np.abs(frames[1].astype(int) - np.array([10, 70, 120])).mean() <= within


@pytest.mark.parametrize(
    ("out", "line"),
    [
        ("new.avi", r"new\.avi: videos are written as \.mp4 or \.mkv: give one of these"),
        ("new.png", r"new\.png: a picture, for a video: give the name of an \.mp4 file, or of a folder"),
        ("walk.mkv", r"walk\.mkv: would be written over: give another --out"),
    ],
)
def test_an_edited_video_goes_to_a_video_of_its_own(tmp_path: Path, video: Path, out: str, line: str) -> None:
    given = (Predictor(DifferenceModel(tmp_path / "w")), video, tmp_path / "empty.png")
    before = video.read_bytes()
    with pytest.raises(Problem, match=line):
        edit_files(*given, tmp_path / out, False, paint_background((10, 70, 120)), {}, no_progress)
    assert video.read_bytes() == before


def test_what_cannot_be_read_leaves_nothing(tmp_path: Path, video: Path) -> None:
    predictor, out = Predictor(DifferenceModel(tmp_path / "w")), tmp_path / "out"
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(Problem, match=r"broken\.mp4: can't be read as a video: replace it"):
        predict_video(predictor, tmp_path / "broken.mp4", tmp_path / "empty.png", out, False, no_progress)
    with pytest.raises(Problem, match="compares two shots"):
        predict_video(predictor, video, None, out, False, no_progress)
    with pytest.raises(Problem, match="a folder, for a video: give a picture of the empty scene"):
        predict_video(predictor, video, tmp_path, out, False, no_progress)
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((30, 42, 3), np.uint8))
    with pytest.raises(Problem, match=r"small\.png 42×30 and .*walk\.mkv 84×60 px: a background is never stretched"):
        predict_video(predictor, video, tmp_path / "small.png", out, False, no_progress)
    assert not [path for path in out.rglob("*") if path.is_file()]


def test_an_edited_video_keeps_times_and_sound(tmp_path: Path) -> None:
    frames, steps = walk(6, H - 1, W - 1), [0, 1, 2, 10, 11, 25]
    source = write_video(tmp_path / "v.mp4", frames, steps, codec="mpeg4", sound="aac")
    cv2.imwrite(str(tmp_path / "empty.png"), walk(1, H - 1, W - 1)[0][..., ::-1])
    given = (Predictor(DifferenceModel(tmp_path / "w")), source, tmp_path / "empty.png", tmp_path / "new.mp4", False)
    edit_files(*given, paint_background((10, 70, 120)), {}, no_progress)
    assert times_s(tmp_path / "new.mp4") == times_s(source) == [Fraction(step, 30) for step in steps]
    assert [data for _, data in sound_packets(tmp_path / "new.mp4")] == [data for _, data in sound_packets(source)]
    assert next(Video.open(tmp_path / "new.mp4").read()).pixels.shape == (H - 1, W - 1, 3)


def test_a_damaged_video_is_written_and_told_with_what_is_there(tmp_path: Path) -> None:
    source = write_video(tmp_path / "v.mkv", walk(40, H, W), codec="mjpeg", sound="pcm_s16le")
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    cv2.imwrite(str(tmp_path / "empty.png"), walk(1, H, W)[0][..., ::-1])
    predictor, empty, out = Predictor(DifferenceModel(tmp_path / "w")), tmp_path / "empty.png", tmp_path / "out"
    told = r"v\.mkv: ends after 0\.\d+ s of the 1\.\d+ s that its header promises, .* missing: \d+; what can be "
    with pytest.raises(
        Problem, match=told + r"read is written to .*mask/v\.mkv, .*cutout/v.*; for the rest give"
    ) as caught:
        predict_video(predictor, source, empty, out, False, no_progress)
    assert caught.value.exit_code == 1
    kept = len(times_s(out / "mask" / "v.mkv"))
    assert 15 < kept < 30
    assert len(list((out / "cutout" / "v").iterdir())) == kept
    with pytest.raises(Problem, match=told + r"read is written to .*new\.mp4; for"):
        edit_files(predictor, source, empty, tmp_path / "new.mp4", False, paint_background((1, 2, 3)), {}, no_progress)
    assert len(times_s(tmp_path / "new.mp4")) == kept


def test_an_empty_scene_of_12_bits_is_brightened_and_it_is_told(tmp_path: Path, video: Path) -> None:
    notes: list[str] = []
    empty = np.asarray(cv2.imread(str(tmp_path / "empty.png")))
    cv2.imwrite(str(tmp_path / "empty12.png"), empty.astype(np.uint16) * 16 + 8)
    model = DifferenceModel(tmp_path / "w")
    given = (tmp_path / "out", False, no_progress, notes.append)
    predict_video(Predictor(model), video, tmp_path / "empty12.png", *given)
    bright = np.asarray(model.seen[-1][0])
    predict_video(Predictor(model), video, tmp_path / "empty.png", tmp_path / "out8", False, no_progress)
    assert np.abs(bright - np.asarray(model.seen[-1][0])).max() <= 2 / 255
    assert [note for note in notes if "read as 12 bits" in note and "empty12.png" in note]


def test_what_was_noticed_of_a_video_is_told(tmp_path: Path) -> None:
    scene, notes = room(120, 160), list[str]()
    source = write_video(tmp_path / "v.avi", [np.roll(scene, 6, axis=1)] * 3, codec="mjpeg", sound="pcm_u8")
    cv2.imwrite(str(tmp_path / "empty.png"), scene[..., ::-1])
    given = (Predictor(DifferenceModel(tmp_path / "w")), source, tmp_path / "empty.png")
    edit = paint_background((10, 70, 120))
    edit_files(*given, tmp_path / "new.mp4", False, edit, {}, no_progress, notes.append)
    assert len(notes) == 2
    assert notes[0].endswith("v.avi: the background doesn't lie over the picture (6 px aside): leave --no-align out")
    assert notes[1].endswith("v.avi, since .mp4 can't hold pcm_u8: give --out NAME.mkv")
    edit_files(*given, tmp_path / "new.mkv", True, edit, {}, no_progress, notes.append)
    assert len(notes) == 2
