"""What of a video couldn't be read: counted while it is read, and told in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet

# A file may end so many frames before its header says. Where the header speaks of the longest of several streams, or in
# rounded times, it may be this share of it, too, but never more seconds than that.
_EARLY_FRAMES, _EARLY_SHARE, _EARLY_S = Fraction(5, 2), Fraction(1, 10), Fraction(1, 2)
# Some codecs have packets that show nothing, one in many: only where so few packets become frames are frames missing.
_LEAST_SHOWN = 0.8
# Bytes between two packets that belong to neither; of more of them, and a leap in time, something can't be read.
_BETWEEN_BYTES = 2_048
# Steps between frames that are a leap, in frames.
_LEAP_FRAMES = Fraction(5, 2)
# Formats that are read from front to back, so that what lies between two packets was passed over; and those that hold
# nothing but packets, where a leap in time beside other damage is what is gone.
_SEQUENTIAL, _BARE = ("matroska", "avi", "mxf"), ("mpeg", "mpegts", "flv", "rm")


@dataclass
class VideoLosses:
    """What of a video couldn't be read.

    Attributes:
        path: Its file.
        read: Frames that were read.
        damaged: How many of these are damaged: the decoder says that parts of them are its guesses.
        undecodable: Packets that the decoder refused.
        skipped: Steps between frames in which bytes of the file can't be read, in seconds.
        leaps: All steps that are longer than they should be, in seconds, less a frame each.
        broken_spots: Errors between packets, and packets that the format itself marks as damaged.
        other_size: Frames of another size than the first.
        packets: Packets of pictures that are to be shown.
        end_s: When the last of what was found ends.
    """

    path: Path
    read: int = 0
    damaged: int = 0
    undecodable: int = 0
    skipped: Fraction = Fraction(0)
    leaps: Fraction = Fraction(0)
    broken_spots: int = 0
    other_size: int = 0
    packets: int = 0
    end_s: Fraction = Fraction(0)
    _promised_s: Fraction | None = None
    _exact: bool = False
    _frame_s: Fraction = Fraction(1, 25)
    _bare: bool = False
    _last_byte: int | None = None
    _first_shown_s: Fraction = Fraction(0)
    _last_shown_s: Fraction | None = None
    _unread: bool = False

    def begin(self, promised_s: Fraction | None, exact: bool, frames_per_s: Fraction) -> None:
        """Take what the header says; exact: whether the length is that of the pictures, to the frame."""
        self._promised_s, self._exact, self._frame_s = promised_s, exact, 1 / frames_per_s

    def note_packet(self, packet: Packet[Any], start_s: Fraction, shown: bool) -> None:
        """Note where a packet lies in the file and in time.

        Args:
            packet: The packet, of any stream.
            start_s: Time in the file that is taken for 0.
            shown: Whether it is one of the pictures.
        """
        self._note_bytes(packet)
        self.broken_spots += packet.is_corrupt  # where a transport stream's own count of its pieces leaps
        if packet.is_discard:
            return
        self.packets += shown
        if packet.pts is None:
            return
        at_s = packet.pts * packet.time_base - start_s
        if shown or not self._exact:
            self.end_s = max(self.end_s, at_s + (packet.duration or 0) * packet.time_base)
        if shown:
            # Packets are in the order of decoding, in which pictures leap back and forth.
            self._note_step(packet.dts * packet.time_base - start_s if packet.dts is not None else at_s)

    def _note_step(self, at_s: Fraction) -> None:
        """Note how far a picture is from the last one."""
        if self._last_shown_s is None:
            self._first_shown_s = self._last_shown_s = at_s
        step_s = at_s - self._last_shown_s
        if step_s > _LEAP_FRAMES * self._frame_s:
            self.leaps += step_s - self._frame_s
            self.skipped += (step_s - self._frame_s) * self._unread
            self._unread = False
        self._last_shown_s = max(at_s, self._last_shown_s)

    def _note_bytes(self, packet: Packet[Any]) -> None:
        formats = packet.stream.container.format.name.split(",")
        self._bare = any(name in _BARE for name in formats)
        if packet.pos is None or packet.pos < 0 or not any(name in _SEQUENTIAL for name in formats):
            return
        if self._last_byte is not None and packet.pos - self._last_byte > _BETWEEN_BYTES:
            self._unread = True
        self._last_byte = packet.pos + packet.size

    @property
    def lost(self) -> int:
        """How many frames are in the file, or were, and can't be decoded at all."""
        seen = self.read + self.other_size
        vanished = self.packets - seen if seen < _LEAST_SHOWN * self.packets else 0
        damaged = self.damaged or self.undecodable or self.broken_spots
        gone_s = self.leaps if self._bare and damaged else self.skipped
        return max(vanished, self.undecodable) + self._frames_in(gone_s)

    @property
    def missing_at_end(self) -> int:
        """How many frames the header promises after the last one that was found."""
        if self._promised_s is None:
            return 0
        early_s, allowed_s = self._promised_s - self.end_s, _EARLY_FRAMES * self._frame_s
        if not self._exact:
            allowed_s = max(allowed_s, min(_EARLY_SHARE * self._promised_s, _EARLY_S))
        return max(1, self._frames_in(early_s)) if early_s > allowed_s else 0

    def _frames_in(self, time_s: Fraction) -> int:
        """Return how many frames there are in a time, at the mean rate of those that were found."""
        shown_s = (self._last_shown_s or Fraction(0)) - self._first_shown_s - self.skipped
        mean_s = shown_s / (self.packets - 1) if self.packets > 1 else self._frame_s
        return round(time_s / max(mean_s, self._frame_s))

    def lines(self) -> list[str]:
        """Return what is missing or damaged, a line each; nothing of a whole video."""
        found = []
        if self.lost or self.damaged:
            parts = [f"{self.lost} can't be read"] if self.lost else []
            parts += [f"{self.damaged} damaged, and taken as far as they can be decoded"] if self.damaged else []
            found.append(f"of {self.read + self.other_size + self.lost} frames {', '.join(parts)}")
        if missing := self.missing_at_end:
            ends = f"ends after {float(self.end_s):.2f} s of the {float(self._promised_s or 0):.2f} s"
            found.append(f"{ends} that its header promises, frames that are missing: {missing}")
        if self.other_size:
            found.append(f"frames of another size than the first, which are left out: {self.other_size}")
        if self.broken_spots and not found:
            found.append(f"damaged spots, which are passed over: {self.broken_spots}")
        return [f"{self.path}: {line}" for line in found]
