"""Videos as they are written: frames at the times of the video that they were made from, with its sound copied."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.atomic_write import replacing
from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.video_reader import Video, VideoFrame, import_av, open_video, packets_of

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# Suffixes of videos that are written: codec and pixel format.
FORMATS = {".mp4": ("mpeg4", "yuv420p"), ".mkv": ("ffv1", "bgr0")}

# MPEG-4 at a constant quantiser: 3 of 31 is as good as transparent. FFV1 is lossless.
_OPTIONS = {"mpeg4": {"flags": "+qscale", "global_quality": str(3 * 118)}, "ffv1": {}}
# MPEG-4 counts time in 16 bits to the second; this unit is exact for all rates of film and television.
_MOST_UNITS = 65_535
_FINE_UNIT_S = Fraction(1, 60_000)

_BT_601, _UNSAID, _LIMITED_RANGE = 5, 2, 1


class VideoWriter:
    """A video that appears under its name when it is whole; opened at its first frame, whose size all others have.

    Args:
        path: Where it goes, .mp4 or .mkv.
        video: The video that it is made from: times, shape of pixels and coding of colours are taken from it.
        sound: Whether its sound is copied too.
        origin: What makes it, which the file is to say.
        threads: Threads that encode; None for FFmpeg's own number.
    """

    def __init__(
        self, path: Path, video: Video, sound: bool = False, origin: Origin | None = None, threads: int | None = None
    ) -> None:
        self._path, self._video, self._origin, self._with_sound, self._threads = path, video, origin, sound, threads
        self._codec, self._pixel_format = FORMATS[path.suffix.lower()]
        self._open = ExitStack()
        self._container: OutputContainer | None = None
        self._stream: VideoStream
        self._sound: _Sound | None = None
        self._last = -1

    def sound_note(self) -> str:
        """Return a line on sound that the file's format can't hold, with what to do; "" where all was copied."""
        if self._sound is None or not self._sound.left_out:
            return ""
        codecs = " and ".join(self._sound.left_out)
        told = f"{self._path}: without the sound of {self._video.path}, since {self._path.suffix} can't hold {codecs}"
        return f"{told}: {'give --out NAME.mkv' if self._sound.fits_mkv else 'save it with sound in AAC first'}"

    def write(self, pixels: NDArray[np.uint8], frame: VideoFrame) -> None:
        """Add a frame.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            frame: The one that it is made from, of the same video: its time is taken.
        """
        av = import_av(self._path)
        with self._told():
            if self._container is None:
                self._begin(pixels)
            unit_s = self._stream.codec_context.time_base
            new = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            new = new.reformat(format=self._pixel_format, **self._coding())
            self._last = new.pts = max(self._last + 1, round(frame.time * self._video.time_unit_s / unit_s))
            new.duration = round(frame.duration * self._video.time_unit_s / unit_s)
            new.time_base = unit_s
            self._mux(self._stream.encode(new))
            if self._sound is not None:
                self._sound.copy_until(frame.time * self._video.time_unit_s)

    def _begin(self, pixels: NDArray[np.uint8]) -> None:
        """Open the file for frames of this size: only now is it known."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._open.enter_context(replacing(self._path))
        # The same video is the same bytes: Matroska's would get a random number.
        exact = {"fflags": "+bitexact"}
        self._container = self._open.enter_context(import_av(self._path).open(str(partial), "w", options=exact))
        if self._origin is not None:
            self._container.metadata["comment"] = str(self._origin)
        stream: Any = self._container.add_stream(
            self._codec, rate=self._video.frames_per_s, options=dict(_OPTIONS[self._codec])
        )
        self._stream, context = stream, stream.codec_context
        context.height, context.width = pixels.shape[:2]
        context.pix_fmt = self._pixel_format
        if self._threads is not None:
            context.thread_count = self._threads
        unit_s = self._video.time_unit_s
        fine = self._codec == "mpeg4" and unit_s.denominator > _MOST_UNITS
        context.time_base = _FINE_UNIT_S if fine else unit_s
        context.sample_aspect_ratio = self._video.pixel_aspect
        if self._pixel_format.startswith("yuv"):
            colours = self._video.colours
            context.colorspace, context.color_range = self._matrix, _LIMITED_RANGE
            context.color_primaries, context.color_trc = colours.primaries, colours.transfer
        if self._with_sound:
            self._sound = self._open.enter_context(_Sound.of(self._video, self._container))

    @property
    def _matrix(self) -> int:
        """Matrix of the colours: the source's, but for one of red, green and blue as they are."""
        return self._video.colours.matrix or _UNSAID

    def _coding(self) -> dict[str, int]:
        """Return how pixels become those of the file; what isn't said of the source was read as BT.601, too."""
        if not self._pixel_format.startswith("yuv"):
            return {}
        matrix = self._matrix if self._matrix != _UNSAID else _BT_601
        return {"dst_colorspace": matrix, "dst_color_range": _LIMITED_RANGE}

    def _mux(self, packets: list[Packet[Any]]) -> None:
        if self._container is not None:
            self._container.mux(packets)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell errors of FFmpeg, or of the disk, in a line."""
        av = import_av(self._path)
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            why = error.strerror or error
            raise Problem(
                f"{self._path}: can't be written as {self._codec} video ({why}): check the folder and the space"
            ) from error

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._told():
            if self._container is None or kind is not None:
                self._open.__exit__(kind, error, traceback)
                return
            with self._open:
                self._mux(self._stream.encode(None))
                if self._sound is not None:
                    self._sound.copy_until(None)


class _Sound:
    """The sound of a video on its way into another, packet by packet, as far as the pictures have got."""

    def __init__(self, video: Video, source: Any, container: OutputContainer) -> None:
        self._video, self._container = video, container
        self._streams: dict[int, Any] = {}
        self.left_out: list[str] = []
        self.fits_mkv = True
        for stream in source.streams.audio:
            if _can_hold(container.format.name, stream):
                self._streams[stream.index] = container.add_stream_from_template(stream)
            else:
                self.left_out.append(stream.codec_context.name if stream.codec_context else "an unknown codec")
                self.fits_mkv = self.fits_mkv and _can_hold("matroska", stream)
        self._packets = packets_of(source) if self._streams else iter(())
        self._next: Packet[Any] | None = None
        self._last: dict[int, int] = {}

    @classmethod
    @contextmanager
    def of(cls, video: Video, container: OutputContainer) -> Iterator[_Sound]:
        """Open the video once more: its sound lies beside the pictures that are read ahead."""
        with open_video(video.path) as (source, _):
            yield cls(video, source, container)

    def copy_until(self, time_s: Fraction | None) -> None:
        """Copy what sounds until then, or all that is left."""
        while True:
            packet = self._next or next(self._packets, None)
            self._next = None
            if packet is None:
                return
            if packet.stream.index not in self._streams or packet.dts is None:
                continue
            late = packet.dts * packet.time_base - self._video.start_s
            if time_s is not None and late > time_s:
                self._next = packet
                return
            self._copy(packet)

    def _copy(self, packet: Packet[Any]) -> None:
        """Write a packet, unless damage has thrown its time back before the last one's."""
        index = packet.stream.index
        shift = round(self._video.start_s / packet.time_base)
        dts = (packet.dts or 0) - shift
        if dts <= self._last.get(index, dts - 1):
            return
        self._last[index] = dts
        packet.pts, packet.dts = (packet.pts - shift if packet.pts is not None else dts), dts
        packet.stream = self._streams[index]
        self._container.mux(packet)


def _can_hold(format_name: str, stream: Any) -> bool:
    """Return whether a format takes a stream: some codecs it doesn't know, and others not at every rate."""
    av = import_av(Path(stream.container.name))
    try:
        with av.open(io.BytesIO(), "w", format=format_name) as trial:
            trial.add_stream_from_template(stream)
            trial.start_encoding()
    except (ValueError, av.FFmpegError):
        return False
    return True
