"""A video, frame by frame: a video of the mask, without loss, and one of all results side by side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data_manifests.pictures import read_rgb
from data_manifests.problem import Problem
from depth_teacher.ahead import ahead
from synth.progress import Progress
from train.jobs import Pixels, fitting, require_background
from train.predict import Predictor
from train.results import MASKS, SHEETS, side_by_side

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".mpeg")

_AHEAD = 4
_LOSSLESS, _SMALL = "FFV1", "mp4v"
_DEFAULT_FPS = 25.0

# FFmpeg would talk to the terminal by itself; what fails is told in a line here. Read when a first video is opened.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


@dataclass(frozen=True)
class Video:
    """A video file that opens. frames: as its header says, 0 where it doesn't."""

    path: Path
    frames_per_s: float
    frames: int

    @classmethod
    def open(cls, path: Path) -> Video:
        """Look into a file; raise Problem where it is no video that can be read."""
        with _reading(path) as capture:
            frames_per_s, frames = capture.get(cv2.CAP_PROP_FPS), int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        return cls(path, frames_per_s if frames_per_s > 0 else _DEFAULT_FPS, max(0, frames))

    def read(self) -> Iterator[Pixels]:
        """Yield the frames, (H, W, 3) uint8 RGB."""
        with _reading(self.path) as capture:
            while (read := capture.read())[0]:
                yield np.ascontiguousarray(read[1][..., ::-1], np.uint8)


def predict_video(
    predictor: Predictor, source: Path, background: Path | None, out: Path, align: bool, progress: Progress
) -> list[Path]:
    """Write the mask of a video (FFV1 in Matroska, lossless) and all results side by side (MPEG-4); return their paths.

    background: a picture of the empty scene, taken by the same camera, which stands still: with `align` it is laid over
    the first frame. The files appear whole or not at all. Raises Problem where the model needs a background and there
    is none, where it doesn't fit, and where a video can't be read or written.
    """
    card = predictor.model.card
    require_background(source, background, card)
    video = Video.open(source)
    masks, sheets = out / MASKS / f"{source.stem}.mkv", out / SHEETS / f"{source.stem}.mp4"
    behind = None
    with (
        _Writer(masks, _LOSSLESS, video.frames_per_s) as mask_writer,
        _Writer(sheets, _SMALL, video.frames_per_s) as sheet_writer,
        closing(ahead(video.read(), _AHEAD)) as frames,
        progress(f"predicting on {predictor.model.where}", video.frames, 0) as advance,
    ):
        for frame in frames:
            if background is not None and behind is None:
                behind = fitting(frame, source, read_rgb(background), background, align)
            found = predictor.predict(frame, behind)
            if found.person is not None:
                mask_writer.write(np.repeat(found.person.mask[..., None], 3, axis=2))
            sheet_writer.write(side_by_side(frame, found, card))
            advance(1)
    return [path for path in (masks, sheets) if path.exists()]


class _Writer:
    """A video that appears under its name when it is whole; opened at its first frame, whose size all others have."""

    def __init__(self, path: Path, codec: str, frames_per_s: float) -> None:
        self._path, self._codec, self._frames_per_s = path, codec, frames_per_s
        self._partial = path.with_name(f".{path.name}.part{path.suffix}")
        self._writer: cv2.VideoWriter | None = None

    def write(self, frame: Pixels) -> None:
        """Add a frame (H, W, 3) uint8 RGB."""
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            code, size = cv2.VideoWriter.fourcc(*self._codec), (frame.shape[1], frame.shape[0])
            self._writer = cv2.VideoWriter(str(self._partial), cv2.CAP_FFMPEG, code, self._frames_per_s, size)
            if not self._writer.isOpened():
                raise Problem(f"{self._path}: can't be written as {self._codec} video: check the folder and the space")
        self._writer.write(np.ascontiguousarray(frame[..., ::-1]))

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._writer is None:
            return
        self._writer.release()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


@contextmanager
def _reading(path: Path) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise Problem(f"{path}: can't be read as a video: replace it with a whole copy, or save it as .mp4")
        yield capture
    finally:
        capture.release()
