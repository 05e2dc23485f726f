"""A session with the networks: it lasts as long as a page is open, and what was sent to it goes with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bgfg.app.messages import PART_BYTES
from bgfg.app.networks import Networks
from bgfg.app.view import View
from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.image_reading import read_own_colours, read_rgb
from bgfg.data_manifests.images.image_writing import encode_jpeg, encode_png
from bgfg.data_manifests.images.listing import VIDEO_SUFFIXES
from bgfg.data_manifests.images.panels import as_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import tell_progress
from bgfg.depth_teacher.labelling.depth_maps import metres_to_millimetres
from bgfg.train.inference.inputs import Pixels
from bgfg.train.inference.predictor import Prediction
from bgfg.train.inference.video import edit_video
from bgfg.train.ops.matched_background import MatchedBackground, match_background

Send = Callable[[dict[str, Any], bytes], None]

FRAME_BYTES, VIDEO_BYTES = 2**22, 2**31
_FRAME_QUALITY = 88
_PREVIEW_EVERY_S = 0.5


class _Shot(NamedTuple):
    """The empty scene: its file as it was sent, for videos, and its pixels (H, W, 3) uint8 in sRGB."""

    name: str
    data: bytes
    pixels: Pixels


class Session:
    """Answers the messages of one page.

    Args:
        networks: What it predicts with.
        send: Sends a message to the page; raises where that was closed.
    """

    def __init__(self, networks: Networks, send: Send) -> None:
        self._networks, self._send = networks, send
        self._empty: _Shot | None = None
        self._backdrop: Pixels | None = None
        # The empty scene as it was laid over frames of the camera, of their shape, as the view had it.
        self._matched: tuple[MatchedBackground, object] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="bgfg-app-")
        self._video: Path | None = None

    def close(self) -> None:
        """Forget what was sent."""
        self._folder.cleanup()

    def answer(self, said: Mapping[str, Any], payload: bytes) -> None:
        """Do what a message asks for; send the result, or what was wrong.

        Args:
            said: `what` it is of the names below, the `name` of its file, and what else these take.
            payload: The file.
        """
        tasks = {
            "network": self._describe,
            "empty": self._take_empty,
            "backdrop": self._take_backdrop,
            "picture": self._picture,
            "frame": self._frame,
            "part": self._take_part,
            "video": self._edit_video,
        }
        what, name = str(said.get("what")), str(said.get("name"))[:200]
        try:
            if what not in tasks:
                raise Problem(f"{what}: no such message: load the page again")
            tasks[what](name, said, payload)
        except (Problem, OSError) as error:
            text = str(error) if isinstance(error, Problem) else call_line(error)
            # The page knows files by their names alone.
            text = text.replace(f"{self._folder.name}/", "")
            self._send({"what": "error", "of": what, "name": name, "text": text}, b"")

    def _describe(self, name: str, _said: Mapping[str, Any], _payload: bytes) -> None:
        """Send whether a network compares two shots, and where it runs; it is loaded by then."""
        model = self._networks.predictor(name).model
        self._send({"what": "network", "name": name, "two": model.card.needs_background, "where": model.where}, b"")

    def _take_empty(self, name: str, _said: Mapping[str, Any], payload: bytes) -> None:
        self._empty, self._matched = None, None
        if payload:
            self._empty = _Shot(name, payload, read_rgb(name, payload))
        self._send({"what": "taken", "of": "empty", "name": name if payload else ""}, b"")

    def _take_backdrop(self, name: str, _said: Mapping[str, Any], payload: bytes) -> None:
        self._backdrop = read_rgb(name, payload)
        self._send({"what": "taken", "of": "backdrop", "name": name}, b"")

    def _picture(self, name: str, said: Mapping[str, Any], payload: bytes) -> None:
        """Send what is shown of a picture, lossless: a PNG, and of depth a second one of 16 bits, in millimetres."""
        view, start_s = View.of(said.get("view"), self._backdrop), time.monotonic()
        picture, profile, remark = read_own_colours(name, data=payload)
        behind, note = None, remark
        if self._needs_empty(view):
            shot = self._empty_scene().pixels if profile is None else profile.from_srgb(self._empty_scene().pixels)
            matched = match_background(picture, Path(name), shot, Path(self._empty_scene().name), view.align)
            behind = matched.pixels
            if matched.displaced_px and view.align is None:
                note = f"the empty scene lay {matched.displaced_px:.0f} px aside and was moved over the picture"
        found = view.predict(self._networks, picture, behind, profile)
        shown = view.render(self._networks, picture, behind, found, profile)
        # Masks and depth have no colours of the picture.
        image, kept = encode_png(shown, None if view.show in ("mask", "depth") else profile), b""
        if view.show == "depth" and found.depth_m is not None:
            kept = encode_png(metres_to_millimetres(found.depth_m))
            note = f"{np.nanmin(found.depth_m):.2f} to {np.nanmax(found.depth_m):.2f} m (red is near)"
        said_back = {"what": "result", "name": name, "show": view.show, "type": "image/png", "note": note,
                     "shown_bytes": len(image), "size": [*shown.shape[1::-1]],
                     "seconds": time.monotonic() - start_s}  # fmt: skip
        self._send(said_back, image + kept)

    def _frame(self, name: str, said: Mapping[str, Any], payload: bytes) -> None:
        """Send what is shown of a frame of the camera, as a JPEG; the first one says how the empty scene lies."""
        if len(payload) > FRAME_BYTES:
            raise Problem(f"a frame of {len(payload):,} bytes: at most {FRAME_BYTES:,} are taken: choose a smaller one")
        view = View.of(said.get("view"), self._backdrop)
        frame, behind = read_rgb(name, payload), None
        if self._needs_empty(view):
            shot = self._empty_scene()
            asked = (frame.shape, view.align)
            if self._matched is None or self._matched[1] != asked:
                matched = match_background(frame, Path("the camera"), shot.pixels, Path(shot.name), view.align)
                self._matched = matched, asked
            behind = self._matched[0].pixels
        found = view.predict(self._networks, frame, behind, is_frame=True)
        shown = as_rgb(view.render(self._networks, frame, behind, found))
        self._send({"what": "frame", "type": "image/jpeg"}, encode_jpeg(shown, _FRAME_QUALITY))

    def _take_part(self, name: str, said: Mapping[str, Any], payload: bytes) -> None:
        """Put a part of a video to those that are there; the first one begins it."""
        suffix = Path(name).suffix.lower()
        if suffix not in VIDEO_SUFFIXES:
            raise Problem(f"{name}: not a video by its name: give one that ends in .mp4, .mov, .mkv, .webm ...")
        if said.get("first"):
            self._video = Path(self._folder.name) / f"video{suffix}"
            self._video.unlink(missing_ok=True)
        if self._video is None:
            raise Problem(f"{name}: its beginning is missing: choose it again")
        with self._video.open("ab") as file:
            file.write(payload)
            too_large = file.tell() > VIDEO_BYTES
        if too_large:
            self._video.unlink()
            self._video = None
            raise Problem(f"{name}: more than {VIDEO_BYTES / 2**30:.0f} GiB: give it to `bgfg replace`")
        self._send({"what": "taken", "of": "part", "name": name}, b"")

    def _edit_video(self, name: str, said: Mapping[str, Any], _payload: bytes) -> None:
        """Send what is shown of a video: some frames while it is worked on, then the video, part by part."""
        view, source = View.of(said.get("view"), self._backdrop), self._video
        if source is None:
            raise Problem(f"{name}: wasn't sent: choose it again")
        empty, out = None, source.with_name("result.mp4")
        if self._networks.predictor(view.network).model.card.needs_background:
            empty = source.with_name("empty scene")
            empty.write_bytes(self._empty_scene().data)
        last_s, frame = 0.0, b""

        def change(picture: Pixels, behind: Pixels | None, found: Prediction) -> Pixels:
            nonlocal frame, last_s
            shown = as_rgb(view.render(self._networks, picture, behind, found))
            if time.monotonic() - last_s > _PREVIEW_EVERY_S:
                last_s, frame = time.monotonic(), encode_jpeg(shown, _FRAME_QUALITY)
            return shown

        def tell(made: int, total: int, left_s: float) -> None:
            nonlocal frame
            told = {"what": "progress", "name": name, "made": made, "total": total, "left_s": left_s}
            if frame or made == total:
                self._send({**told, "type": "image/jpeg"}, frame)
                frame = b""

        notes: list[str] = []
        try:
            predictor = self._networks.predictor(view.network)
            edit_video(predictor, source, empty, out, view.align, change, tell_progress(tell), notes.append)
            self._send_video(name, out, " ".join(notes).replace(f"{self._folder.name}/", ""))
        finally:
            for path in (source, out, *filter(None, [empty])):
                path.unlink(missing_ok=True)
            self._video = None

    def _send_video(self, name: str, out: Path, note: str) -> None:
        with open_regular(out) as file:
            while part := file.read(PART_BYTES):
                self._send({"what": "part", "name": name}, part)
        self._send({"what": "video", "name": name, "type": "video/mp4", "note": note}, b"")

    def _needs_empty(self, view: View) -> bool:
        """Say whether a view takes the empty scene: depth may be guessed of the picture alone."""
        card = self._networks.predictor(view.network).model.card
        return card.needs_background and not (view.show == "depth" and "depth" not in card.outputs)

    def _empty_scene(self) -> _Shot:
        if self._empty is None:
            raise Problem("this network compares two shots: give the one of the empty scene first")
        return self._empty
