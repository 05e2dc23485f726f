"""Videos are read with their times; what can't be read is passed over and counted."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.video_losses import VideoLosses
from bgfg.train.inference.video_reader import Video, is_video
from tests.support.videos import walk, write_video

COUNT = 40


def read(path: Path) -> tuple[list[np.ndarray], list[Fraction], VideoLosses]:
    """Read a video: frames, their times in seconds, and what is lost."""
    losses, video = VideoLosses(path), Video.open(path)
    frames = list(video.read(losses))
    return [frame.pixels for frame in frames], [frame.time * video.time_unit_s for frame in frames], losses


def says(losses: VideoLosses, words: str) -> bool:
    """Whether one line says this."""
    return sum(bool(re.search(words, line)) for line in losses.lines()) == 1


def read_by_opencv(path: Path) -> list[np.ndarray]:
    """Read all that OpenCV makes of a video, going on where it can't."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    found = [capture.read() for _ in range(2 * COUNT)]
    capture.release()
    return [frame[..., ::-1] for ok, frame in found if ok]


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.avi", "v.mov"])
def test_a_whole_video_is_read_whole_and_nothing_is_said(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, walk(COUNT))
    frames, times, losses = read(path)
    assert len(frames) == losses.read == COUNT
    assert losses.lines() == []
    assert np.abs(np.array(times, float) - np.arange(COUNT) / 30).max() < 0.001
    assert np.abs(np.stack(frames).astype(int) - np.stack(walk(COUNT))).mean() < 4
    assert Video.open(path).frames == COUNT


def test_times_of_a_variable_rate_are_kept(tmp_path: Path) -> None:
    steps = [0, 1, 2, 10, 11, 40, 41, 42]
    path = write_video(tmp_path / "v.mp4", walk(len(steps)), steps, Fraction(1, 30))
    _, times, losses = read(path)
    assert times == [Fraction(step, 30) for step in steps]
    assert losses.lines() == []


@pytest.mark.parametrize("name", ["v.mkv", "v.mp4", "v.mov", "v.ts", "v.flv", "v.wmv"])
def test_times_that_begin_late_begin_at_0_and_nothing_is_said(tmp_path: Path, name: str) -> None:
    codec = {".wmv": "wmv2", ".flv": "flv", ".ts": "mpeg2video"}.get(Path(name).suffix, "mpeg4")
    path = write_video(tmp_path / name, walk(9), range(125, 134), Fraction(1, 25), codec)
    _, times, losses = read(path)
    assert np.abs(np.array(times, float) - np.arange(9) / 25).max() < 0.001
    assert losses.lines() == []


FORMATS = {
    ".ts": "mpeg2video",
    ".m2ts": "mpeg2video",
    ".3gp": "mpeg4",
    ".flv": "flv",
    ".mpg": "mpeg1video",
    ".mxf": "mpeg2video",
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats_of_cameras_and_of_old_are_videos_and_holes_in_them_are_counted(tmp_path: Path, suffix: str) -> None:
    times = range(COUNT)
    path = write_video(tmp_path / f"v{suffix}", walk(COUNT, 120, 160), times, Fraction(1, 25), FORMATS[suffix])
    assert is_video(path)
    frames, _, losses = read(path)
    assert len(frames) == COUNT
    assert losses.lines() == []
    data = bytearray(path.read_bytes())
    middle, size = len(data) // 2, len(data) // 8
    data[middle : middle + size] = bytes(size)
    path.write_bytes(data)
    frames, _, losses = read(path)
    assert 0 < len(frames) < COUNT
    assert says(losses, r"\d+ can't be read|that its header promises")


def test_sound_that_goes_on_longer_is_no_loss(tmp_path: Path) -> None:
    for name, sound in (("v.mp4", "aac"), ("v.mkv", "pcm_s16le")):
        frames, _, losses = read(write_video(tmp_path / name, walk(9), sound=sound))
        assert len(frames) == 9
        assert losses.lines() == []


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_video_of_a_phone_is_read_upright(tmp_path: Path, degrees: int) -> None:
    path = write_video(tmp_path / "v.mp4", walk(3), turned_degrees=degrees)
    frames, _, _ = read(path)
    expected = read_by_opencv(path)
    assert frames[0].shape == expected[0].shape == ((84, 60, 3) if abs(degrees) == 90 else (60, 84, 3))
    assert np.abs(np.stack(frames).astype(int) - np.stack(expected)).mean() < 3


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_a_hole_in_the_pixels_is_counted_and_all_that_can_be_decoded_is_read(tmp_path: Path, codec: str) -> None:
    path = write_video(tmp_path / "v.mp4", walk(COUNT, 120, 160), codec=codec)
    data = bytearray(path.read_bytes())
    middle, size = len(data) // 2, len(data) // 8
    data[middle : middle + size] = bytes(size)
    path.write_bytes(data)
    frames, times, losses = read(path)
    assert len(frames) >= len(read_by_opencv(path))
    assert times == sorted(set(times))
    assert losses.lost + losses.damaged > 0
    (line,) = losses.lines()
    assert line.startswith(f"{path}: ")
    assert "frames" in line


def test_a_hole_in_a_file_without_an_index_is_a_number_of_frames(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", walk(COUNT, 120, 160), codec="mjpeg")
    data = bytearray(path.read_bytes())
    middle, size = len(data) // 2, len(data) // 4
    data[middle : middle + size] = bytes(size)
    path.write_bytes(data)
    frames, times, losses = read(path)
    assert len(frames) >= len(read_by_opencv(path))
    assert losses.lost == pytest.approx(COUNT - len(frames), abs=1)
    assert times[-1] == pytest.approx((COUNT - 1) / 30, abs=0.002)  # those behind the hole are where they were
    assert says(losses, r"frames \d+ can't be read")


@pytest.mark.parametrize("name", ["v.mkv", "v.mp4", "v.avi"])
@pytest.mark.parametrize("share", [0.55, 0.75])
def test_a_copy_that_broke_off_is_held_to_its_header(tmp_path: Path, name: str, share: float) -> None:
    path = write_video(tmp_path / name, walk(COUNT, 120, 160), codec="mjpeg", faststart=name == "v.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    frames, _, losses = read(path)
    assert len(read_by_opencv(path)) <= len(frames) < 0.85 * COUNT
    assert losses.missing_at_end == pytest.approx(COUNT - len(frames), abs=2)
    assert says(losses, "that its header promises, frames that are missing: ")


def test_what_is_no_video_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("no video")
    for name in ("empty.mp4", "text.mp4"):
        with pytest.raises(Problem, match=rf"{name}: can't be read as a video: replace it with a whole copy"):
            Video.open(tmp_path / name)


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(Problem, match=r"v\.mp4: a video, which needs av.*pip install 'bgfg\[video\]'") as caught:
        Video.open(tmp_path / "v.mp4")
    assert caught.value.exit_code == 2
