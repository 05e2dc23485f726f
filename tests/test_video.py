"""A video goes in frame by frame, and comes out as videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from data_manifests.problem import Problem
from synth.progress import silent
from tests.using import Differs, composite, far_from_edges
from train.predict import Predictor
from train.video import Video, predict_video

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


def test_a_video_gives_a_video_of_masks_and_one_of_sheets(tmp_path: Path, video: Path) -> None:
    predictor, out = Predictor(Differs(tmp_path / "w")), tmp_path / "out"
    paths = predict_video(predictor, video, tmp_path / "empty.png", out, False, silent)
    assert paths == [out / "mask/walk.mkv", out / "side_by_side/walk.mp4"]
    masks = list(Video.open(paths[0]).read())
    _, _, mask = composite(H, W, 1)
    sure = far_from_edges(mask, 6)
    assert len(masks) == len(list(Video.open(paths[1]).read())) == FRAMES
    for i, found in enumerate(masks):
        assert found.shape == (H, W, 3)
        assert (found[sure, 0] == (mask[sure] if i % 2 == 0 else 0)).all()
    assert Video.open(paths[1]).frames_per_s == pytest.approx(10.0)


def test_what_cannot_be_read_leaves_nothing(tmp_path: Path, video: Path) -> None:
    predictor, out = Predictor(Differs(tmp_path / "w")), tmp_path / "out"
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(Problem, match=r"broken\.mp4: can't be read as a video: replace it"):
        predict_video(predictor, tmp_path / "broken.mp4", tmp_path / "empty.png", out, False, silent)
    with pytest.raises(Problem, match="compares two shots"):
        predict_video(predictor, video, None, out, False, silent)
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((30, 42, 3), np.uint8))
    with pytest.raises(Problem, match=r"small\.png 42×30 and .*walk\.mkv 84×60 px: a background is never stretched"):
        predict_video(predictor, video, tmp_path / "small.png", out, False, silent)
    assert not list(out.rglob("*.mkv"))
