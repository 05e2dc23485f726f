"""Procedural graphics: what is on screens, posters, whiteboards and signs. Images are linear RGB float32."""

from __future__ import annotations

import cv2
import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour, sample_hue
from bgfg.synth.kit.render.scene import LinearRGB
from bgfg.synth.kit.render.vectors import FloatArray

# Strokes on a grid 2 wide and 2 high: enough letters for the names of firms that don't exist.
_LETTERS: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "A": (((0, 0), (1, 2), (2, 0)),),
    "E": (((2, 0), (0, 0), (0, 2), (2, 2)), ((0, 1), (2, 1))),
    "H": (((0, 0), (0, 2)), ((2, 0), (2, 2)), ((0, 1), (2, 1))),
    "L": (((0, 2), (0, 0), (2, 0)),),
    "N": (((0, 0), (0, 2), (2, 0), (2, 2)),),
    "O": (((0, 0), (0, 2), (2, 2), (2, 0), (0, 0)),),
    "T": (((0, 2), (2, 2)), ((1, 2), (1, 0))),
    "V": (((0, 2), (1, 0), (2, 2)),),
    "X": (((0, 0), (2, 2)), ((0, 2), (2, 0))),
}


def blank_image(width: int, height: int, colour: LinearRGB) -> FloatArray:
    """Return an image (height, width, 3) of one colour."""
    # Row after row: one of three numbers at a time takes ten times as long.
    return np.tile(np.tile(np.asarray(colour, np.float32), width), height).reshape(height, width, 3)


def _bar(image: FloatArray, x: float, y: float, w: float, h: float, colour: LinearRGB) -> None:
    height, width = image.shape[:2]
    x0, x1 = round(x * width), max(round((x + w) * width), round(x * width) + 1)
    y0, y1 = round(y * height), max(round((y + h) * height), round(y * height) + 1)
    image[max(y0, 0) : y1, max(x0, 0) : x1] = colour


def screen_image(rng: np.random.Generator) -> FloatArray:
    """Return what a monitor shows: a text, a table, source code, charts or a plain desktop; (135, 240, 3)."""
    kind = rng.integers(5)
    if kind == 4:
        return _desktop(rng)
    dark = kind == 2
    image = blank_image(240, 135, (0.02, 0.025, 0.035) if dark else (0.85, 0.87, 0.9))
    _bar(image, 0, 0, 1, 0.06, (0.05, 0.06, 0.08) if dark else sample_hue(rng, 0.7, 0.35))
    _bar(image, 0, 0.06, 0.14, 0.94, (0.035, 0.04, 0.055) if dark else (0.7, 0.73, 0.78))
    for k in range(8):
        _bar(image, 0.02, 0.12 + 0.08 * k, rng.uniform(0.05, 0.1), 0.02, (0.25, 0.28, 0.33))
    painter = (_text, _table, _code, _charts)[kind]
    painter(image, rng)
    return image


def _text(image: FloatArray, rng: np.random.Generator) -> None:
    _bar(image, 0.24, 0.1, 0.6, 0.9, (0.95, 0.95, 0.95))
    for k in range(16):
        if k % 6 != 5:
            _bar(image, 0.29, 0.17 + 0.05 * k, rng.uniform(0.25, 0.5), 0.018, (0.2, 0.2, 0.22))


def _table(image: FloatArray, rng: np.random.Generator) -> None:
    for row in range(13):
        for column in range(6):
            tone = (0.35, 0.55, 0.75) if row == 0 else (0.92, 0.93, 0.95) if row % 2 else (0.8, 0.83, 0.87)
            _bar(image, 0.17 + 0.135 * column, 0.1 + 0.067 * row, 0.13, 0.06, tone)
            _bar(image, 0.18 + 0.135 * column, 0.12 + 0.067 * row, rng.uniform(0.03, 0.1), 0.02, (0.25, 0.27, 0.3))


def _code(image: FloatArray, rng: np.random.Generator) -> None:
    tones: tuple[LinearRGB, ...] = ((0.5, 0.52, 0.5), (0.7, 0.35, 0.15), (0.2, 0.5, 0.7), (0.4, 0.6, 0.25))
    for row in range(19):
        x = 0.17 + 0.04 * rng.integers(0, 4)
        for _ in range(rng.integers(1, 5)):
            w = rng.uniform(0.03, 0.14)
            _bar(image, x, 0.1 + 0.046 * row, w, 0.02, tones[rng.integers(4)])
            x += w + 0.015


def _charts(image: FloatArray, rng: np.random.Generator) -> None:
    tone = sample_accent_colour(rng)
    _bar(image, 0.17, 0.1, 0.8, 0.5, (0.95, 0.95, 0.96))
    line = np.cumsum(rng.normal(0.3, 1.6, 14))
    # The curve fills its panel whatever its range.
    line = 0.53 - 0.36 * (line - line.min()) / np.ptp(line)
    height, width = image.shape[:2]
    corners = np.column_stack([np.linspace(0.2, 0.94, 14) * width, line * height]).astype(np.int32)
    cv2.polylines(image, [corners], False, tone, 2, cv2.LINE_AA)
    for k in range(8):
        high = rng.uniform(0.06, 0.28)
        _bar(image, 0.19 + 0.045 * k, 0.95 - high, 0.03, high, tone)
    cv2.circle(image, (int(0.78 * width), int(0.79 * height)), int(0.14 * height), (0.75, 0.75, 0.78), -1, cv2.LINE_AA)
    centre, radius = (int(0.78 * width), int(0.79 * height)), int(0.14 * height)
    cv2.ellipse(image, centre, (radius, radius), 0, -90, rng.uniform(0, 200), tone, -1, cv2.LINE_AA)


def _desktop(rng: np.random.Generator) -> FloatArray:
    top, low = np.asarray(sample_hue(rng, 0.75, 0.3)), np.asarray(sample_hue(rng, 0.6, 0.7))
    fall = np.linspace(0, 1, 135)[:, None, None]
    image = np.broadcast_to(top + fall * (low - top), (135, 240, 3)).astype(np.float32).copy()
    # Hills, each in front of the one before and darker.
    for k in range(3):
        ridge = (80 + 18 * k + 14 * np.sin(np.linspace(0, 5, 240) + rng.uniform(0, 6))).astype(int)
        for x in range(240):
            image[ridge[x] :, x] *= 0.72
    for k in range(5):
        _bar(image, 0.02, 0.06 + 0.13 * k, 0.035, 0.06, (0.8, 0.8, 0.82))
    return image


def slide_image(rng: np.random.Generator) -> FloatArray:
    """Return a slide for a big screen: a title, lines of text and a chart; (180, 320, 3)."""
    tone = sample_accent_colour(rng)
    dark = rng.random() < 0.5
    image = blank_image(320, 180, (0.03, 0.045, 0.08) if dark else (0.9, 0.9, 0.92))
    ink: LinearRGB = (0.8, 0.82, 0.85) if dark else (0.12, 0.13, 0.15)
    _bar(image, 0, 0, 0.025, 1, tone)
    _bar(image, 0.08, 0.1, rng.uniform(0.35, 0.6), 0.07, ink)
    _bar(image, 0.08, 0.2, 0.2, 0.012, tone)
    for k in range(5):
        _bar(image, 0.08, 0.33 + 0.1 * k, 0.012, 0.022, tone)
        _bar(image, 0.11, 0.33 + 0.1 * k, rng.uniform(0.15, 0.3), 0.022, ink)
    for k in range(6):
        high = rng.uniform(0.1, 0.5)
        _bar(image, 0.53 + 0.068 * k, 0.88 - high, 0.045, high, tone if k % 2 else sample_hue(rng, 0.3, 0.5))
    _bar(image, 0.51, 0.88, 0.43, 0.008, ink)
    return image


def poster_image(rng: np.random.Generator) -> FloatArray:
    """Return a picture for a wall: shapes, hills, stripes, a map of blots or rings; (160, 120, 3)."""
    paper: LinearRGB = (0.85, 0.83, 0.78) if rng.random() < 0.6 else sample_accent_colour(rng)
    image = blank_image(120, 160, paper)
    kind = rng.integers(5)
    tones = [sample_accent_colour(rng) for _ in range(5)]
    if kind == 0:
        for tone in tones:
            centre = (int(rng.integers(20, 100)), int(rng.integers(20, 140)))
            cv2.circle(image, centre, int(rng.integers(10, 38)), tone, -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.circle(image, (int(rng.integers(35, 85)), 48), 17, tones[0], -1, cv2.LINE_AA)
        for k, tone in enumerate(tones[1:]):
            x = np.arange(120)
            ridge = 78 + 18 * k + 13 * np.sin(x * rng.uniform(0.03, 0.08) + rng.uniform(0, 6))
            outline = np.concatenate([np.column_stack([x, ridge]), [[119, 159], [0, 159]]]).astype(np.int32)
            cv2.fillPoly(image, [outline], tone, cv2.LINE_AA)
    elif kind == 2:
        for k in range(12):
            _bar(image, 0.1, 0.08 + 0.07 * k, 0.8, rng.uniform(0.015, 0.055), tones[k % 5])
    elif kind == 3:
        for _ in range(9):
            (x, y), (w, h) = rng.uniform(0, 0.8, 2), rng.uniform(0.15, 0.5, 2)
            _bar(image, x, y, w, h, tones[rng.integers(5)])
    else:
        for k in range(9, 0, -1):
            cv2.circle(image, (60, 80), 6 * k, tones[k % 5], -1, cv2.LINE_AA)
    return image


def whiteboard_image(rng: np.random.Generator) -> FloatArray:
    """Return a board with handwriting, boxes, arrows and notes; (180, 320, 3)."""
    image = blank_image(320, 180, (0.86, 0.87, 0.88))
    inks: tuple[LinearRGB, ...] = ((0.05, 0.06, 0.08), (0.05, 0.12, 0.45), (0.5, 0.05, 0.05), (0.03, 0.3, 0.1))
    for _ in range(rng.integers(2, 5)):
        x, y = int(rng.integers(15, 230)), int(rng.integers(15, 120))
        ink = inks[rng.integers(4)]
        for line in range(rng.integers(2, 6)):
            t = np.arange(0, int(rng.integers(25, 75)))
            wiggle = 2.2 * np.sin(t * 1.3 + rng.uniform(0, 6)) * np.sin(t * 0.37)
            stroke = np.column_stack([x + t, y + 9 * line + wiggle]).astype(np.int32)
            cv2.polylines(image, [stroke], False, ink, 1, cv2.LINE_AA)
    for _ in range(rng.integers(1, 4)):
        x, y = int(rng.integers(20, 250)), int(rng.integers(20, 130))
        ink = inks[rng.integers(4)]
        cv2.rectangle(image, (x, y), (x + 44, y + 24), ink, 1, cv2.LINE_AA)
        cv2.arrowedLine(image, (x + 46, y + 12), (x + 66, y + 12), ink, 1, cv2.LINE_AA)
    for _ in range(rng.integers(0, 7)):
        _bar(image, rng.uniform(0.05, 0.9), rng.uniform(0.1, 0.8), 0.05, 0.085, sample_hue(rng, 0.55, 0.8))
    return image


def sign_image(rng: np.random.Generator, ground: LinearRGB, ink: LinearRGB) -> FloatArray:
    """Return a made-up company's logo, a figure and bold strokes like letters, in `ink` on `ground`; (80, 320, 3)."""
    image = blank_image(320, 80, ground)
    kind = rng.integers(3)
    if kind == 0:
        cv2.circle(image, (40, 40), 26, ink, 8, cv2.LINE_AA)
    elif kind == 1:
        cv2.fillPoly(image, [np.array([[40, 12], [68, 66], [12, 66]], np.int32)], ink, cv2.LINE_AA)
    else:
        cv2.rectangle(image, (14, 14), (40, 40), ink, -1)
        cv2.rectangle(image, (40, 40), (66, 66), ink, -1)
    for k, letter in enumerate(rng.choice(list(_LETTERS), 5)):
        for stroke in _LETTERS[letter]:
            corners = np.array([(88 + 44 * k + 13 * x, 60 - 20 * y) for x, y in stroke], np.int32)
            cv2.polylines(image, [corners], False, ink, 6)
    return image
