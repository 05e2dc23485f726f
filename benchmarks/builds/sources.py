"""What all builds are measured on: pictures, shots of one scene, and a video, made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.inputs import save_synthetic_depth
from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from bgfg.data_manifests.images.listing import list_folders

_PICTURE_PX, _FRAME_PX = (1080, 1920), (360, 640)
_FRAMES_PER_S = 25.0


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        pictures: Backgrounds and cut-outs of the large corpus, and of the kit, at most so many of each.
        backgrounds: Backgrounds of the corpus of many.
        scenes: Backgrounds and cut-outs of the corpus that is streamed and trained on.
        labelled: Cut-outs on one background that the compact teacher labels, 40 samples each.
        shots: Pictures of 1920×1080 that are predicted.
        frames: Frames of 640×360.
        minutes: Length of a training.
        stream_s: Seconds in which batches are streamed.
    """

    pictures: int
    backgrounds: int
    scenes: int
    labelled: int
    shots: int
    frames: int
    minutes: float
    stream_s: float


SCALES = {
    "full": Scale(100, 4_000, 24, 4, 12, 150, 1.5, 10.0),
    "quick": Scale(16, 400, 12, 4, 4, 50, 0.5, 4.0),
}


class Sources:
    """Folders that are made when they are first asked for, and kept: a run that was stopped goes on with them."""

    def __init__(self, folder: Path, backgrounds: Path, cutouts: Path, scale: Scale) -> None:
        """Refer to a folder for all that is made, which may hold some of it, and the user's pictures."""
        self.scale, self._folder = scale, folder
        (self._rooms, self._people), _ = list_folders([("--bg", backgrounds), ("--fg", cutouts)])

    def large(self) -> tuple[Path, Path, Path]:
        """Return folders of backgrounds, cut-outs and depth maps for the large corpus."""
        return self._copied("large", self.scale.pictures, self.scale.pictures)

    def scenes(self) -> tuple[Path, Path, Path]:
        """Return the same for the corpus that is streamed and trained on."""
        return self._copied("scenes", self.scale.scenes, self.scale.scenes)

    def labelled(self) -> tuple[Path, Path, Path]:
        """Return the same for the corpus that the compact teacher labels."""
        return self._copied("labelled", 1, self.scale.labelled)

    def many(self) -> tuple[Path, Path]:
        """Return folders of many backgrounds, unlike each other and small to store, and of two cut-outs."""
        folder = self._made("many", lambda folder: draw_many(folder, self.scale.backgrounds))
        return folder / "bg", folder / "fg"

    def shots(self) -> tuple[Path, Path]:
        """Return a folder of pictures with people, and one of the same scenes without."""
        folder = self._made("shots", self._draw_shots)
        return folder / "pictures", folder / "empty"

    def video(self) -> tuple[Path, Path]:
        """Return a video of a person who walks through a room, and a picture of that room."""
        folder = self._made("video", self._draw_video)
        return folder / "walk.mp4", folder / "empty.png"

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of that name, made whole or not at all."""
        folder, partial = self._folder / name, self._folder / f"{name}.partial"
        if not folder.exists():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            make(partial)
            partial.rename(folder)
        return folder

    def _copied(self, name: str, rooms: int, people: int) -> tuple[Path, Path, Path]:
        def copy(folder: Path) -> None:
            for kind, paths in (("bg", self._rooms[:rooms]), ("fg", self._people[:people])):
                (folder / kind).mkdir()
                for path in paths:
                    shutil.copy(path, folder / kind)
            save_synthetic_depth(folder / "bg", folder / "depth")

        folder = self._made(name, copy)
        return folder / "bg", folder / "fg", folder / "depth"

    def _draw_shots(self, folder: Path) -> None:
        for kind in ("pictures", "empty"):
            (folder / kind).mkdir()
        for i in range(self.scale.shots):
            room = _enlarged(_the(self._rooms, i), _PICTURE_PX)
            save_jpeg(room, folder / f"empty/{i}.jpg")
            shot = draw_shot(room, read_rgba(_the(self._people, i)), 200 + 97 * i % 900)
            save_jpeg(shot, folder / f"pictures/{i}.jpg")

    def _draw_video(self, folder: Path) -> None:
        room, rgba = _enlarged(self._rooms[0], _FRAME_PX), read_rgba(self._people[0])
        save_png(room, folder / "empty.png")
        codec, size_px = cv2.VideoWriter.fourcc(*"mp4v"), _FRAME_PX[::-1]
        video = cv2.VideoWriter(str(folder / "walk.mp4"), cv2.CAP_FFMPEG, codec, _FRAMES_PER_S, size_px)
        for i in range(self.scale.frames):
            video.write(np.ascontiguousarray(draw_shot(room, rgba, 20 + 4 * i % 400)[..., ::-1]))
        video.release()


def draw_many(folder: Path, backgrounds: int) -> None:
    """Draw many backgrounds, unlike each other, and two cut-outs, into folders `bg` and `fg`."""
    rng = np.random.default_rng(0)
    for name in ("bg", "fg"):
        (folder / name).mkdir()
    for b in range(backgrounds):
        coarse = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"bg/b{b:05d}.png"), cv2.resize(coarse, (96, 72), interpolation=cv2.INTER_CUBIC))
    for c in range(2):
        rgba = np.zeros((160, 90, 4), np.uint8)
        cv2.ellipse(rgba, (45, 80), (30 + 5 * c, 70), 0, 0, 360, (40 + 90 * c, 120, 200, 255), -1)
        cv2.imwrite(str(folder / f"fg/c{c}.png"), rgba)


def draw_shot(room: NDArray[np.uint8], rgba: NDArray[np.uint8], left_px: int) -> NDArray[np.uint8]:
    """Return a room (H, W, 3) with a person (h, w, 4) in it, half as high as the frame and a tenth above its border."""
    height_px = len(room) // 2
    width_px = round(rgba.shape[1] * height_px / rgba.shape[0])
    small = cv2.resize(rgba, (width_px, height_px), interpolation=cv2.INTER_AREA)
    shot, top_px = room.copy(), len(room) * 9 // 10 - height_px
    place = np.s_[top_px : top_px + height_px, left_px : left_px + width_px]
    person = small[:, : shot[place].shape[1]]
    share = person[..., 3:] / 255
    shot[place] = np.round(person[..., :3] * share + shot[place] * (1 - share))
    return shot


def _the(paths: Sequence[Path], i: int) -> Path:
    return paths[i % len(paths)]


def _enlarged(path: Path, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(read_rgb(path), size_px[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
