"""Videos as they are read: frames upright, with their own times; damaged spots are passed over and counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import require_regular
from bgfg.data_manifests.images.listing import VIDEO_SUFFIXES
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.video_losses import VideoLosses

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame as DecodedFrame
    from av.video.stream import VideoStream

_DEFAULT_FPS = Fraction(25)
# After so many errors in a row there is nothing left to be read.
_MOST_ERRORS = 100
# Formats whose header says how long the file is; of others FFmpeg takes the length from their last times.
_WITH_LENGTH = ("mp4", "matroska", "avi", "asf", "flv", "mxf", "rm")
# Of these the header says it of each stream by itself.
_WITH_STREAM_LENGTH = ("mp4", "avi")


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright.
        time: When it is shown, since the start of the file, in units of the video's `time_unit_s`.
        duration: For how long, in these units; 0 where the file doesn't tell.
    """

    pixels: NDArray[np.uint8]
    time: int
    duration: int


@dataclass(frozen=True)
class VideoColours:
    """How the colours of a video are coded: numbers of ITU-T H.273, 2 where the file doesn't tell."""

    matrix: int
    primaries: int
    transfer: int


@dataclass(frozen=True)
class Video:
    """A video file that opens.

    Attributes:
        path: Its file.
        frames_per_s: Mean frame rate, 25 where the file doesn't tell.
        frames: Number of frames as its header says, or as follows from its length; 0 where it tells neither.
        time_unit_s: Unit of the times of its frames.
        start_s: Time in the file that is taken for 0.
        promised_s: When it ends, since `start_s`, as its header says; None where it says nothing.
        exact: Whether that is the length of the pictures alone, to the frame.
        pixel_aspect: Width by height of a pixel.
        colours: How its colours are coded.
    """

    path: Path
    frames_per_s: Fraction
    frames: int
    time_unit_s: Fraction
    start_s: Fraction
    promised_s: Fraction | None
    exact: bool
    pixel_aspect: Fraction
    colours: VideoColours

    @classmethod
    def open(cls, path: Path) -> Video:
        """Read the header of a file; raise Problem where it is no video that can be read."""
        with open_video(path) as (container, stream):
            start_s = max(Fraction(0), Fraction(container.start_time or 0, import_av(path).time_base))
            rate = stream.average_rate or stream.guessed_rate or _DEFAULT_FPS
            promised_s = _promised_s(container, stream, start_s)
            context: Any = stream.codec_context
            return cls(
                path,
                rate,
                stream.frames or (round(promised_s * rate) if promised_s is not None else 0),
                stream.time_base or 1 / rate,
                start_s,
                promised_s,
                _says_length(container, _WITH_STREAM_LENGTH),
                stream.sample_aspect_ratio or Fraction(1),
                VideoColours(context.colorspace, context.color_primaries, context.color_trc),
            )

    def read(self, losses: VideoLosses | None = None, threads: int | None = None) -> Iterator[VideoFrame]:
        """Yield the frames, those too that are damaged and can be decoded in part.

        Frames of another size than the first are left out.

        Args:
            losses: Where to note what couldn't be read; complete after the last frame.
            threads: Threads that decode; None for FFmpeg's own number.
        """
        noted = losses if losses is not None else VideoLosses(self.path)
        noted.begin(self.promised_s, self.exact, self.frames_per_s)
        shape, last = None, -1
        with open_video(self.path) as (container, stream):
            if threads is not None:
                stream.codec_context.thread_count = threads
            for decoded in _decoded_frames(container, stream, self, noted):
                pixels = _upright(decoded)
                shape = shape or pixels.shape
                if pixels.shape != shape:
                    noted.other_size += 1
                    continue
                noted.read += 1
                noted.damaged += decoded.is_corrupt
                time = self._time(decoded, last)
                yield VideoFrame(pixels, time, decoded.duration or 0)
                last = time

    def _time(self, decoded: DecodedFrame, last: int) -> int:
        """Return the time of a frame, after that of the last one."""
        given = decoded.pts if decoded.pts is not None else decoded.dts
        if given is None:
            return last + max(1, round(1 / self.frames_per_s / self.time_unit_s)) if last >= 0 else 0
        return max(last + 1, given - round(self.start_s / self.time_unit_s))


def is_video(source: Path) -> bool:
    """Return whether a path is a file that is a video by its name."""
    return source.suffix.lower() in VIDEO_SUFFIXES and source.is_file()


def import_av(path: Path) -> Any:
    """Return PyAV; raise Problem where it isn't installed, naming the file that needs it."""
    try:
        import av
    except ModuleNotFoundError as error:
        line = f"{path}: a video, which needs av, and that isn't installed: pip install 'bgfg[video]'"
        raise Problem(line, exit_code=2) from error
    return av


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and the stream of its pictures; raise Problem where it has none that can be decoded."""
    av = import_av(path)
    unreadable = f"{path}: can't be read as a video: replace it with a whole copy, or save it as .mp4"
    require_regular(path)
    try:
        container = av.open(str(path), metadata_errors="replace")
    except av.FFmpegError as error:
        raise Problem(unreadable) from error
    with container:
        stream = container.streams.best("video")
        if stream is None or stream.codec_context is None:
            raise Problem(unreadable)
        yield container, stream


def packets_of(container: InputContainer, losses: VideoLosses | None = None) -> Iterator[Packet[Any]]:
    """Yield the packets of a file that hold anything, and go on after errors."""
    av, errors = import_av(Path(container.name)), 0
    while errors < _MOST_ERRORS:
        try:
            for packet in container.demux():
                errors = 0
                if packet.size:
                    yield packet
            return
        except av.FFmpegError:
            errors += 1
            if losses is not None:
                losses.broken_spots += 1


def _decoded_frames(
    container: InputContainer, stream: VideoStream, video: Video, losses: VideoLosses
) -> Iterator[DecodedFrame]:
    """Yield what the decoder makes of the packets of a stream; note what it can't."""
    av = import_av(video.path)
    for packet in packets_of(container, losses):
        shown = packet.stream.index == stream.index
        losses.note_packet(packet, video.start_s, shown)
        if not shown:
            continue
        try:
            yield from stream.decode(packet)
        except av.FFmpegError:
            losses.undecodable += 1
    for _ in range(_MOST_ERRORS):  # what the decoder holds back
        try:
            rest = stream.decode(None)
        except av.error.EOFError:
            return
        except av.FFmpegError:
            losses.undecodable += 1
            continue
        if not rest:
            return
        yield from rest


def _promised_s(container: InputContainer, stream: VideoStream, start_s: Fraction) -> Fraction | None:
    """Return when a file ends as its header says, since its start; None where it says nothing."""
    if _says_length(container, ("avi",)) and stream.frames and stream.time_base:
        return stream.frames * stream.time_base - start_s  # its duration is what is left of a file that broke off
    if _says_length(container, _WITH_STREAM_LENGTH) and stream.duration and stream.time_base:
        return Fraction((stream.start_time or 0) + stream.duration) * stream.time_base - start_s
    if _says_length(container, _WITH_LENGTH) and container.duration:
        # Matroska's is when the last frame ends, as most write it, or how long all frames take, as some do.
        length_s = Fraction(container.duration, import_av(Path(container.name)).time_base)
        return length_s - start_s if length_s > start_s else length_s
    return None


def _says_length(container: InputContainer, formats: tuple[str, ...]) -> bool:
    return any(name in formats for name in container.format.name.split(","))


def _upright(decoded: DecodedFrame) -> NDArray[np.uint8]:
    """Return a frame as a viewer shows it: cameras write how they were held beside the pixels."""
    pixels = decoded.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(decoded.rotation / 90)), np.uint8)
