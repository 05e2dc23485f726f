"""Videos are written at the times of their source, at any size, with its sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.video_reader import Video
from bgfg.train.inference.video_writer import VideoWriter
from tests.support.full_disk import longest_file
from tests.support.videos import sound_packets, times_s, walk, write_video

STEPS = [0, 1, 2, 10, 11, 40, 41, 45]


def copied(source: Path, path: Path, sound: bool = True) -> VideoWriter:
    """Write the frames of a video as they are."""
    video = Video.open(source)
    with VideoWriter(path, video, sound) as writer:
        for frame in video.read():
            writer.write(frame.pixels, frame)
    return writer


def frames_of(path: Path) -> np.ndarray:
    """Read by OpenCV what was written."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1][..., ::-1])
    capture.release()
    return np.stack(frames)


@pytest.mark.parametrize("unit_s", [Fraction(1, 30), Fraction(1001, 30_000), Fraction(1, 600), Fraction(1, 90_000)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_times_are_kept(tmp_path: Path, suffix: str, unit_s: Fraction) -> None:
    each = max(1, round(Fraction(1, 30) / unit_s))
    codec = "mjpeg" if unit_s.denominator > 65_535 else "mpeg4"
    source = write_video(tmp_path / "v.mov", walk(len(STEPS)), [each * step for step in STEPS], unit_s, codec)
    out = tmp_path / f"out{suffix}"
    copied(source, out)
    found, true = times_s(out), times_s(source)
    assert len(found) == len(STEPS)
    within_s = 0.0006 if suffix == ".mkv" else 0.00002  # Matroska counts milliseconds
    assert max(abs(float(a - b)) for a, b in zip(found, true, strict=True)) < within_s
    assert list(out.parent.glob(".*")) == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_same_video_is_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    source, outs = write_video(tmp_path / "v.mkv", walk(4)), [tmp_path / f"{name}{suffix}" for name in "ab"]
    for out in outs:
        copied(source, out)
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("size_px", [(61, 83), (60, 83), (61, 84)])
def test_odd_sizes_keep_every_row_and_column(tmp_path: Path, suffix: str, size_px: tuple[int, int]) -> None:
    source, out = write_video(tmp_path / "v.mkv", walk(4, *size_px), codec="ffv1"), tmp_path / f"out{suffix}"
    copied(source, out)
    found = frames_of(out)
    assert found.shape == (4, *size_px, 3)
    within = 0 if suffix == ".mkv" else 5
    assert np.abs(found.astype(int) - np.stack(walk(4, *size_px))).mean() <= within


@pytest.mark.parametrize(("source", "codec", "out"), [
    ("v.mp4", "aac", "out.mp4"), ("v.mkv", "pcm_s16le", "out.mkv"), ("v.mov", "pcm_s16le", "out.mkv"),
    ("v.mp4", "aac", "out.mkv"), ("v.mkv", "libopus", "out.mp4"),
])  # fmt: skip
def test_sound_is_copied_byte_for_byte(tmp_path: Path, source: str, codec: str, out: str) -> None:
    path = write_video(tmp_path / source, walk(20), sound=codec)
    assert copied(path, tmp_path / out).sound_note() == ""
    given, found = sound_packets(path), sound_packets(tmp_path / out)
    assert len(given) > 3 or codec.startswith("pcm")
    assert b"".join(data for _, data in found) == b"".join(data for _, data in given)
    apart = [packets[0][0] - times_s(file)[0] for packets, file in ((given, path), (found, tmp_path / out))]
    assert abs(float(apart[1] - apart[0])) < 0.002
    assert sound_packets(tmp_path / out) != []
    copied(path, tmp_path / "silent.mkv", sound=False)
    assert sound_packets(tmp_path / "silent.mkv") == []


@pytest.mark.parametrize(("source", "codec"), [("v.avi", "pcm_u8"), ("v.mkv", "mp3")])
def test_sound_that_mp4_cannot_hold_is_named_and_mkv_holds_it(tmp_path: Path, source: str, codec: str) -> None:
    path = write_video(tmp_path / source, walk(20), sound=codec)  # .mp4 takes MP3, but not at 8 kHz
    told = copied(path, tmp_path / "out.mp4").sound_note()
    assert told.startswith(f"{tmp_path / 'out.mp4'}: without the sound of {path}, since .mp4 can't hold {codec}")
    assert told.endswith(": give --out NAME.mkv")
    assert len(frames_of(tmp_path / "out.mp4")) == 20
    assert copied(path, tmp_path / "out.mkv").sound_note() == ""
    assert sound_packets(tmp_path / "out.mkv") != []


def test_sound_that_neither_can_hold_is_named_too(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.avi", walk(3), sound="pcm_mulaw")
    for suffix in (".mp4", ".mkv"):
        told = copied(path, tmp_path / f"out{suffix}").sound_note()
        assert told.endswith(f"since {suffix} can't hold pcm_mulaw: save it with sound in AAC first")


def test_what_goes_wrong_leaves_no_file(tmp_path: Path) -> None:
    video = Video.open(write_video(tmp_path / "v.mkv", walk(3)))
    (frame, *_) = video.read()

    def break_off() -> None:
        with VideoWriter(tmp_path / "out.mp4", video) as writer:
            writer.write(frame.pixels, frame)
            assert len(list(tmp_path.iterdir())) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [path.name for path in tmp_path.iterdir()] == ["v.mkv"]
    (tmp_path / "out.mp4").mkdir()
    with (
        pytest.raises(Problem, match=r"out\.mp4: can't be written as mpeg4 video .*: check the folder"),
        VideoWriter(tmp_path / "out.mp4", video) as writer,
    ):
        writer.write(frame.pixels, frame)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "v.mkv"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_disk_that_fills_up_anywhere_is_one_line_and_leaves_the_old_video(tmp_path: Path, suffix: str) -> None:
    source, out = write_video(tmp_path / "v.mkv", walk(6), sound="aac"), tmp_path / f"out{suffix}"
    copied(source, out)
    whole = out.read_bytes()
    for size_bytes in (0, len(whole) // 2, len(whole) - 1):
        with longest_file(size_bytes), pytest.raises(Problem, match=r"can't be written as .* \(File too large\)"):
            copied(source, out)
        assert out.read_bytes() == whole
        assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, "v.mkv"]
