"""Videos with times, sound and damage of known kinds, written by PyAV without a line of bgfg."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def walk(count: int, height_px: int = 60, width_px: int = 84) -> list[NDArray[np.uint8]]:
    """Return frames (H, W, 3) uint8 RGB of a red bar that crosses a soft ramp of greys."""
    ramp = np.linspace(60, 180, width_px)[None] + np.linspace(0, 30, height_px)[:, None]
    frames = []
    for i in range(count):
        frame = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)
        left = 4 + i * (width_px - 16) // max(1, count - 1)
        frame[height_px // 6 :, left : left + 8] = (200, 30, 40)
        frames.append(frame)
    return frames


def write_video(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    times: Sequence[int] | None = None,
    unit_s: Fraction = Fraction(1, 30),
    codec: str = "mpeg4",
    sound: str = "",
    turned_degrees: int = 0,
    faststart: bool = False,
) -> Path:
    """Write frames at their times, in units.

    Args:
        path: The file, in the format of its suffix.
        frames: (H, W, 3) uint8 RGB each.
        times: When they are shown, in units; None for one after the other.
        unit_s: The unit of times.
        codec: That of the pictures.
        sound: Codec of a second of a tone; "" for none.
        turned_degrees: How a viewer is to turn the frames, counterclockwise.
        faststart: Whether the index of an .mp4 comes before the pictures.
    """
    av: Any = pytest.importorskip("av", reason="the extra [video] isn't installed")
    with av.open(str(path), "w", options={"movflags": "faststart"} if faststart else {}) as out:
        stream = out.add_stream(codec, rate=30, options={"flags": "+qscale", "global_quality": "236"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = {"ffv1": "bgr0", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
        stream.codec_context.time_base = unit_s
        if turned_degrees:
            stream.set_display_rotation(turned_degrees)
        tone = out.add_stream(sound, rate=8000) if sound else None
        if tone is not None:
            tone.layout = "mono"
        for i, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = times[i] if times is not None else i, unit_s
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if tone is not None:
            _write_tone(av, out, tone)
    return path


def _write_tone(av: Any, out: Any, tone: Any) -> None:
    """Encode a second of 440 Hz."""
    wave = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.int16)
    resampler = av.AudioResampler(format=tone.codec_context.format, layout="mono", rate=8000)
    size = tone.codec_context.frame_size or 1024
    for start in range(0, len(wave), size):
        piece = av.AudioFrame.from_ndarray(wave[None, start : start + size], format="s16", layout="mono")
        piece.sample_rate, piece.pts, piece.time_base = 8000, start, Fraction(1, 8000)
        for converted in resampler.resample(piece):
            out.mux(tone.encode(converted))
    out.mux(tone.encode(None))


def times_s(path: Path) -> list[Fraction]:
    """Return when the frames of a video are shown, in seconds."""
    av: Any = pytest.importorskip("av", reason="the extra [video] isn't installed")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.pts * stream.time_base for frame in container.decode(stream)]


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    """Return the packets of sound of a video: when, and what."""
    av: Any = pytest.importorskip("av", reason="the extra [video] isn't installed")
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        packets = container.demux(container.streams.audio[0])
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in packets if packet.size]
