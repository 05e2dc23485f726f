"""Videos, frame by frame: predictions as videos and numbered pictures, or a video of edited frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.ops.prefetch import prefetch
from bgfg.synth.store.lock import results_folder
from bgfg.train.inference.class_pictures import write_legend
from bgfg.train.inference.destinations import (
    EDITED,
    MASKS,
    OVERLAYS,
    PREDICTED,
    SHEETS,
    edited_video,
    predicted_frame,
    predicted_video,
    require_prediction,
)
from bgfg.train.inference.inputs import Pixels, check_background_given, read_single_picture
from bgfg.train.inference.outputs import instance_overlay, result_savers, side_by_side
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.video_losses import VideoLosses
from bgfg.train.inference.video_reader import Video, VideoFrame
from bgfg.train.inference.video_writer import VideoWriter
from bgfg.train.ops.displacement import displacement_note
from bgfg.train.ops.grey_shots import grey_remark
from bgfg.train.ops.matched_background import match_background
from bgfg.train.ops.side_work import ahead, side_work

# Frames that wait: read ones for the network, and predicted ones for who writes them.
_AHEAD = 4
_PREDICTED_AHEAD = 2
# Frames in the network and the filters after it at once: much of what comes after it takes one core. Of a single thread
# none is read, predicted or written beside another.
_AT_ONCE = 2


def predict_video(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool | None,
    progress: Progress,
    note: Note = no_note,
) -> list[Path]:
    """Write the predictions for a video's frames, which keep their times. Videos appear whole or not at all.

    mask/NAME.mkv (FFV1 in Matroska, lossless), overlay/NAME.mp4 and side_by_side/NAME.mp4 (MPEG-4), and for each frame,
    since no video holds them, cutout/NAME/000000.png (RGBA), depth/NAME/000000.png (16-bit millimetres), classes and
    instances alike, and detections/NAME/000000.json, each where the model gives it. Pictures are numbered by the frames
    that can be read, and instances anew in each frame.

    Args:
        predictor: The model in use.
        source: The video.
        background: Picture of the empty scene, taken by the same camera, which stands still.
        out: Folder of the results.
        align: Whether the background is moved over the first frame; None for where it surely lies beside it.
        progress: Shows how far it is.
        note: Told where the background doesn't lie over the first frame, or was moved there.

    Returns:
        The paths: files, and folders of numbered frames.

    Raises:
        Problem: The model needs a background and there is none, it doesn't fit, or a video can't be read or written;
            or, when all else is written, some of it couldn't be read: how much, and where the rest is.
    """
    require_prediction(source, background, out)
    card, name = predictor.model.card, source.stem
    video, losses = _opened(predictor, source, background), VideoLosses(source)
    frames = _predicted_frames(predictor, video, background, align, losses, progress, note)
    masks, overlays, sheets = (predicted_video(out, folder, source) for folder in (MASKS, OVERLAYS, SHEETS))
    folders: dict[Path, None] = {}
    with (
        results_folder(out),
        VideoWriter(masks, video, origin=PREDICTED, threads=predictor.threads) as mask_writer,
        VideoWriter(overlays, video, origin=PREDICTED, threads=predictor.threads) as overlay_writer,
        VideoWriter(sheets, video, origin=PREDICTED, threads=predictor.threads) as sheet_writer,
        side_work(predictor.threads, _AHEAD) as pool,
        closing(prefetch(frames, ahead(predictor.threads, _PREDICTED_AHEAD))) as results,
    ):
        under_way: list[Future[None]] = []
        for i, result in enumerate(results):
            pixels = result.frame.pixels
            if result.prediction.person is not None:
                mask_writer.write(np.repeat(result.prediction.person.mask[..., None], 3, axis=2), result.frame)
            if (overlay := instance_overlay(pixels, result.prediction, card.classes)) is not None:
                overlay_writer.write(overlay, result.frame)
            sheet_writer.write(side_by_side(pixels, result.prediction, card, overlay), result.frame)
            # Files of a frame are written while the next is predicted; their errors are raised here.
            for future in under_way:
                future.result()
            under_way = []
            for folder, save in result_savers(result.prediction, pixels, source.name, legend=card.classes).items():
                folders[out / folder / name] = None
                (out / folder / name).mkdir(parents=True, exist_ok=True)
                under_way.append(pool.submit(save, predicted_frame(out, folder, source, i)))
        for future in under_way:
            future.result()
    paths = [*(path for path in (masks, overlays, sheets) if path.exists()), *folders]
    write_legend(card, out, PREDICTED)
    _require_whole(losses, paths)
    return paths


def edit_video(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool | None,
    change: Callable[[Pixels, Pixels | None, Prediction], Pixels],
    progress: Progress,
    note: Note = no_note,
) -> Path:
    """Write a video of edited frames, which keep their times, with the sound of the source.

    Args:
        predictor: The model in use.
        source: The video.
        background: Picture of the empty scene, taken by the same camera, which stands still.
        out: A file, .mp4 (MPEG-4) or .mkv (FFV1, lossless), or else a folder, where the video is NAME.mp4.
        align: Whether the background is moved over the first frame; None for where it surely lies beside it.
        change: Makes the new frame, (H, W, 3) uint8, from a frame, the background that fits it, and the prediction.
        progress: Shows how far it is.
        note: Told where the background doesn't lie over the first frame, or was moved there, and of sound that can't be
            copied.

    Returns:
        The path of the new video.

    Raises:
        Problem: As `predict_video`.
    """
    path = edited_video(out, source)
    video, losses = _opened(predictor, source, background), VideoLosses(source)
    frames = _predicted_frames(predictor, video, background, align, losses, progress, note)
    with (
        VideoWriter(path, video, sound=True, origin=EDITED, threads=predictor.threads) as writer,
        closing(prefetch(frames, ahead(predictor.threads, _PREDICTED_AHEAD))) as results,
    ):
        for result in results:
            writer.write(change(result.frame.pixels, result.background, result.prediction), result.frame)
    if line := writer.sound_note():
        note(line)
    _require_whole(losses, [path])
    return path


@dataclass(frozen=True)
class _PredictedFrame:
    """A frame, the background that fits it, where one is used, (H, W, 3) uint8 RGB, and the prediction."""

    frame: VideoFrame
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


def _require_whole(losses: VideoLosses, written: Sequence[Path]) -> None:
    """Raise Problem where something of a video couldn't be read, and say where the rest is."""
    if not losses.read:
        raise Problem(f"{losses.path}: can't be read as a video, no frame can be decoded: replace it with a whole copy")
    if lines := losses.lines():
        where = f"what can be read is written to {first_few(written)}"
        raise Problem(*(f"{line}; {where}; for the rest give a whole copy" for line in lines))


def _predicted_frames(
    predictor: Predictor,
    video: Video,
    background: Path | None,
    align: bool | None,
    losses: VideoLosses,
    progress: Progress,
    note: Note,
) -> Iterator[_PredictedFrame]:
    """Yield the frames of a video with their predictions; the background is fitted to the first one."""
    behind = None
    predictor = predictor.for_frames()
    at_once = min(_AT_ONCE, predictor.threads or _AT_ONCE)
    under_way: deque[tuple[VideoFrame, Future[Prediction]]] = deque()

    def first_done() -> _PredictedFrame:
        frame, prediction = under_way.popleft()
        return _PredictedFrame(frame, behind, prediction.result())

    with (
        closing(prefetch(video.read(losses, predictor.threads), ahead(predictor.threads, _AHEAD))) as frames,
        progress(f"predicting on {predictor.model.where}", video.frames, 0) as advance,
        side_work(predictor.threads, at_once) as pool,
    ):
        for frame in frames:
            if background is not None and behind is None:
                shot = read_single_picture(background, note)
                matched = match_background(frame.pixels, video.path, shot, background, align)
                behind = matched.pixels
                if remark := grey_remark(frame.pixels, shot):
                    note(f"{video.path}: {remark}")
                if matched.displaced_px:
                    note(displacement_note([(video.path, matched.displaced_px)], moved=align is None))
            under_way.append((frame, pool.submit(predictor.predict, frame.pixels, behind)))
            if len(under_way) == at_once:
                yield first_done()
                advance(1)
        while under_way:
            yield first_done()
            advance(1)
