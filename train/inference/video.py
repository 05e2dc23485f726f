"""Videos, frame by frame: predictions as videos and numbered pictures, or a video of edited frames."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bgfg.data_manifests.images.image_io import read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.ops.prefetch import prefetch
from bgfg.train.inference.inputs import Pixels, check_background_given, matching_background
from bgfg.train.inference.outputs import (
    MASKS,
    OVERLAYS,
    SHEETS,
    SUFFIXES,
    instance_overlay,
    result_savers,
    side_by_side,
)
from bgfg.train.inference.predictor import Prediction, Predictor

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".mpg", ".mpeg")

# Suffixes of --out that mean a single picture.
JPEG_SUFFIXES = (".jpg", ".jpeg")
IMAGE_SUFFIXES = (".png", *JPEG_SUFFIXES)

_AHEAD = 4
_CODECS = {".mp4": "mp4v", ".mkv": "FFV1"}
_DEFAULT_FPS = 25.0

# Silences FFmpeg, which would write to the terminal by itself; failures are reported here in a line. OpenCV reads the
# variable when it opens the first video.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


def is_video(source: Path) -> bool:
    """Return whether a path is a file that is a video by its name."""
    return source.suffix.lower() in VIDEO_SUFFIXES and source.is_file()


@dataclass(frozen=True)
class Video:
    """A video file that opens.

    Attributes:
        path: Its file.
        frames_per_s: Frame rate, 25 where the file doesn't tell.
        frames: Number of frames as its header says, 0 where it doesn't.
    """

    path: Path
    frames_per_s: float
    frames: int

    @classmethod
    def open(cls, path: Path) -> Video:
        """Read the header of a file; raise Problem where it is no video that can be read."""
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
    """Write the predictions for a video's frames. Videos appear whole or not at all.

    mask/NAME.mkv (FFV1 in Matroska, lossless), overlay/NAME.mp4 and side_by_side/NAME.mp4 (MPEG-4), and for each frame,
    since no video holds them, cutout/NAME/000000.png (RGBA), depth/NAME/000000.png (16-bit millimetres), classes and
    instances alike, and detections/NAME/000000.json, each where the model gives it. Instances are numbered anew in each
    frame.

    Args:
        predictor: The model in use.
        source: The video.
        background: Picture of the empty scene, taken by the same camera, which stands still.
        out: Folder of the results.
        align: Whether the background is first aligned, to the first frame.
        progress: Shows how far it is.

    Returns:
        The paths: files, and folders of numbered frames.

    Raises:
        Problem: The model needs a background and there is none, it doesn't fit, or a video can't be read or written.
    """
    card, name = predictor.model.card, source.stem
    video = _opened(predictor, source, background)
    masks, overlays, sheets = out / MASKS / f"{name}.mkv", out / OVERLAYS / f"{name}.mp4", out / SHEETS / f"{name}.mp4"
    folders: dict[Path, None] = {}
    with (
        _Writer(masks, video.frames_per_s) as mask_writer,
        _Writer(overlays, video.frames_per_s) as overlay_writer,
        _Writer(sheets, video.frames_per_s) as sheet_writer,
        ThreadPoolExecutor(_AHEAD) as pool,
    ):
        under_way: list[Future[None]] = []
        for i, result in enumerate(_predicted_frames(predictor, video, background, align, progress)):
            if result.prediction.person is not None:
                mask_writer.write(np.repeat(result.prediction.person.mask[..., None], 3, axis=2))
            if (overlay := instance_overlay(result.frame, result.prediction)) is not None:
                overlay_writer.write(overlay)
            sheet_writer.write(side_by_side(result.frame, result.prediction, card, overlay))
            # Files of a frame are written while the next is predicted; their errors are raised here.
            for future in under_way:
                future.result()
            under_way = []
            for folder, save in result_savers(result.prediction, result.frame, source.name).items():
                folders[out / folder / name] = None
                (out / folder / name).mkdir(parents=True, exist_ok=True)
                under_way.append(pool.submit(save, out / folder / name / f"{i:06d}{SUFFIXES.get(folder, '.png')}"))
        for future in under_way:
            future.result()
    return [*(path for path in (masks, overlays, sheets) if path.exists()), *folders]


def edit_video(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool,
    change: Callable[[Pixels, Pixels | None, Prediction], Pixels],
    progress: Progress,
) -> Path:
    """Write a video of edited frames, without sound.

    Args:
        predictor: The model in use.
        source: The video.
        background: Picture of the empty scene, taken by the same camera, which stands still.
        out: A file, .mp4 (MPEG-4) or .mkv (FFV1, lossless), or else a folder, where the video is NAME.mp4.
        align: Whether the background is first aligned, to the first frame.
        change: Makes the new frame, (H, W, 3) uint8, from a frame, the background that fits it, and the prediction.
        progress: Shows how far it is.

    Returns:
        The path of the new video.

    Raises:
        Problem: As `predict_video`.
    """
    if out.suffix.lower() in VIDEO_SUFFIXES and out.suffix.lower() not in _CODECS:
        raise Problem(f"--out {out}: videos are written as {' or '.join(_CODECS)}: give one of these", exit_code=2)
    if out.suffix.lower() in IMAGE_SUFFIXES:
        raise Problem(
            f"--out {out}: a picture, for a video: give the name of an .mp4 file, or of a folder", exit_code=2
        )
    path = out if out.suffix.lower() in _CODECS else out / f"{source.stem}.mp4"
    if path.resolve() == source.resolve():
        raise Problem(f"{path}: would be written over: give another --out", exit_code=2)
    video = _opened(predictor, source, background)
    with _Writer(path, video.frames_per_s) as writer:
        for result in _predicted_frames(predictor, video, background, align, progress):
            writer.write(change(result.frame, result.background, result.prediction))
    return path


@dataclass(frozen=True)
class _PredictedFrame:
    """A frame with the background that fits it, where one is used, (H, W, 3) uint8 RGB each, and the prediction."""

    frame: Pixels
    background: Pixels | None
    prediction: Prediction


def _opened(predictor: Predictor, source: Path, background: Path | None) -> Video:
    """Open a video; raise Problem where it can't be read, or lacks the background that the model needs."""
    check_background_given(source, background, predictor.model.card)
    if background is not None and background.is_dir():
        raise Problem(
            f"--background {background}: a folder, for a video: give a picture of the empty scene", exit_code=2
        )
    return Video.open(source)


def _predicted_frames(
    predictor: Predictor, video: Video, background: Path | None, align: bool, progress: Progress
) -> Iterator[_PredictedFrame]:
    """Yield the frames of a video with their predictions; the background is fitted to the first one."""
    behind = None
    with (
        closing(prefetch(video.read(), _AHEAD)) as frames,
        progress(f"predicting on {predictor.model.where}", video.frames, 0) as advance,
    ):
        for frame in frames:
            if background is not None and behind is None:
                behind = matching_background(frame, video.path, read_rgb(background), background, align)
            yield _PredictedFrame(frame, behind, predictor.predict(frame, behind))
            advance(1)


class _Writer:
    """A video that appears under its name when it is whole; opened at its first frame, whose size all others have."""

    def __init__(self, path: Path, frames_per_s: float) -> None:
        self._path, self._codec, self._frames_per_s = path, _CODECS[path.suffix.lower()], frames_per_s
        self._partial = path.with_name(f".{path.name}.part{path.suffix}")
        self._writer: cv2.VideoWriter | None = None

    def write(self, frame: Pixels) -> None:
        """Add a frame (H, W, 3) uint8 RGB."""
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Opened only now: OpenCV wants the size of the frames, which is that of the first one.
            code, size = cv2.VideoWriter.fourcc(*self._codec), (frame.shape[1], frame.shape[0])
            self._writer = cv2.VideoWriter(str(self._partial), cv2.CAP_FFMPEG, code, self._frames_per_s, size)
            if not self._writer.isOpened():
                raise Problem(f"{self._path}: can't be written as {self._codec} video: check the folder and the space")
        self._writer.write(np.ascontiguousarray(frame[..., ::-1]))  # OpenCV has BGR

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
