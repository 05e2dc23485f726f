"""The pictures in a room: what is on screens and walls, and what lies beyond the windows. Linear RGB float32."""

from __future__ import annotations

import cv2
import numpy as np

from synth.kit.scene import Colour, Floats

PANORAMA_SIZE = (2048, 512)
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


def _blank(width: int, height: int, colour: Colour) -> Floats:
    image = np.empty((height, width, 3), np.float32)
    image[:] = colour
    return image


def _bar(image: Floats, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    height, width = image.shape[:2]
    x0, x1 = round(x * width), max(round((x + w) * width), round(x * width) + 1)
    y0, y1 = round(y * height), max(round((y + h) * height), round(y * height) + 1)
    image[max(y0, 0) : y1, max(x0, 0) : x1] = colour


def hue(rng: np.random.Generator, saturation: float, value: float) -> Colour:
    """Return a colour of any hue, linear RGB."""
    h = rng.uniform(0, 6)
    channel = [value * (1 - saturation * (1 - min(max(abs((h + k) % 6 - 3) - 1, 0), 1))) for k in (0, 4, 2)]
    return channel[0], channel[1], channel[2]


# Colours that people paint walls and buy chairs in: linear RGB.
ACCENTS: tuple[Colour, ...] = (
    (0.03, 0.16, 0.17),  # petrol
    (0.02, 0.06, 0.20),  # navy
    (0.55, 0.30, 0.03),  # mustard
    (0.46, 0.13, 0.06),  # terracotta
    (0.05, 0.16, 0.07),  # forest
    (0.24, 0.03, 0.05),  # burgundy
    (0.62, 0.20, 0.02),  # orange
    (0.12, 0.30, 0.48),  # sky
    (0.20, 0.28, 0.16),  # sage
    (0.50, 0.03, 0.03),  # red
    (0.10, 0.33, 0.31),  # turquoise
    (0.16, 0.07, 0.20),  # plum
    (0.30, 0.42, 0.08),  # apple
    (0.04, 0.14, 0.42),  # blue
    (0.60, 0.42, 0.30),  # sand
)


def accent(rng: np.random.Generator) -> Colour:
    """Return a colour of the list, a little lighter or darker."""
    factor = float(rng.uniform(0.8, 1.35))
    r, g, b = ACCENTS[rng.integers(len(ACCENTS))]
    return min(r * factor, 0.8), min(g * factor, 0.8), min(b * factor, 0.8)


def screen(rng: np.random.Generator) -> Floats:
    """Return what a monitor shows: a text, a table, source code, charts or a plain desktop; (135, 240, 3)."""
    kind = rng.integers(5)
    if kind == 4:
        return _desktop(rng)
    dark = kind == 2
    image = _blank(240, 135, (0.02, 0.025, 0.035) if dark else (0.85, 0.87, 0.9))
    _bar(image, 0, 0, 1, 0.06, (0.05, 0.06, 0.08) if dark else hue(rng, 0.7, 0.35))
    _bar(image, 0, 0.06, 0.14, 0.94, (0.035, 0.04, 0.055) if dark else (0.7, 0.73, 0.78))
    for k in range(8):
        _bar(image, 0.02, 0.12 + 0.08 * k, rng.uniform(0.05, 0.1), 0.02, (0.25, 0.28, 0.33))
    painter = (_text, _table, _code, _charts)[kind]
    painter(image, rng)
    return image


def _text(image: Floats, rng: np.random.Generator) -> None:
    _bar(image, 0.24, 0.1, 0.6, 0.9, (0.95, 0.95, 0.95))
    for k in range(16):
        if k % 6 != 5:
            _bar(image, 0.29, 0.17 + 0.05 * k, rng.uniform(0.25, 0.5), 0.018, (0.2, 0.2, 0.22))


def _table(image: Floats, rng: np.random.Generator) -> None:
    for row in range(13):
        for column in range(6):
            tone = (0.35, 0.55, 0.75) if row == 0 else (0.92, 0.93, 0.95) if row % 2 else (0.8, 0.83, 0.87)
            _bar(image, 0.17 + 0.135 * column, 0.1 + 0.067 * row, 0.13, 0.06, tone)
            _bar(image, 0.18 + 0.135 * column, 0.12 + 0.067 * row, rng.uniform(0.03, 0.1), 0.02, (0.25, 0.27, 0.3))


def _code(image: Floats, rng: np.random.Generator) -> None:
    tones: tuple[Colour, ...] = ((0.5, 0.52, 0.5), (0.7, 0.35, 0.15), (0.2, 0.5, 0.7), (0.4, 0.6, 0.25))
    for row in range(19):
        x = 0.17 + 0.04 * rng.integers(0, 4)
        for _ in range(rng.integers(1, 5)):
            w = rng.uniform(0.03, 0.14)
            _bar(image, x, 0.1 + 0.046 * row, w, 0.02, tones[rng.integers(4)])
            x += w + 0.015


def _charts(image: Floats, rng: np.random.Generator) -> None:
    tone = accent(rng)
    _bar(image, 0.17, 0.1, 0.8, 0.5, (0.95, 0.95, 0.96))
    line = np.cumsum(rng.normal(0.3, 1.6, 14))
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


def _desktop(rng: np.random.Generator) -> Floats:
    top, low = np.asarray(hue(rng, 0.75, 0.3)), np.asarray(hue(rng, 0.6, 0.7))
    fall = np.linspace(0, 1, 135)[:, None, None]
    image = np.broadcast_to(top + fall * (low - top), (135, 240, 3)).astype(np.float32).copy()
    for k in range(3):
        ridge = (80 + 18 * k + 14 * np.sin(np.linspace(0, 5, 240) + rng.uniform(0, 6))).astype(int)
        for x in range(240):
            image[ridge[x] :, x] *= 0.72
    for k in range(5):
        _bar(image, 0.02, 0.06 + 0.13 * k, 0.035, 0.06, (0.8, 0.8, 0.82))
    return image


def slide(rng: np.random.Generator) -> Floats:
    """Return a slide for a big screen: a title, lines of text and a chart; (180, 320, 3)."""
    tone = accent(rng)
    dark = rng.random() < 0.5
    image = _blank(320, 180, (0.03, 0.045, 0.08) if dark else (0.9, 0.9, 0.92))
    ink: Colour = (0.8, 0.82, 0.85) if dark else (0.12, 0.13, 0.15)
    _bar(image, 0, 0, 0.025, 1, tone)
    _bar(image, 0.08, 0.1, rng.uniform(0.35, 0.6), 0.07, ink)
    _bar(image, 0.08, 0.2, 0.2, 0.012, tone)
    for k in range(5):
        _bar(image, 0.08, 0.33 + 0.1 * k, 0.012, 0.022, tone)
        _bar(image, 0.11, 0.33 + 0.1 * k, rng.uniform(0.15, 0.3), 0.022, ink)
    for k in range(6):
        high = rng.uniform(0.1, 0.5)
        _bar(image, 0.53 + 0.068 * k, 0.88 - high, 0.045, high, tone if k % 2 else hue(rng, 0.3, 0.5))
    _bar(image, 0.51, 0.88, 0.43, 0.008, ink)
    return image


def poster(rng: np.random.Generator) -> Floats:
    """Return a picture for a wall: shapes, hills, stripes, a map of blots or rings; (160, 120, 3)."""
    paper: Colour = (0.85, 0.83, 0.78) if rng.random() < 0.6 else accent(rng)
    image = _blank(120, 160, paper)
    kind = rng.integers(5)
    tones = [accent(rng) for _ in range(5)]
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
            corner, size = rng.uniform(0, 0.8, 2), rng.uniform(0.15, 0.5, 2)
            _bar(image, *corner, *size, tones[rng.integers(5)])
    else:
        for k in range(9, 0, -1):
            cv2.circle(image, (60, 80), 6 * k, tones[k % 5], -1, cv2.LINE_AA)
    return image


def whiteboard(rng: np.random.Generator) -> Floats:
    """Return a board with handwriting, boxes, arrows and notes; (180, 320, 3)."""
    image = _blank(320, 180, (0.86, 0.87, 0.88))
    inks: tuple[Colour, ...] = ((0.05, 0.06, 0.08), (0.05, 0.12, 0.45), (0.5, 0.05, 0.05), (0.03, 0.3, 0.1))
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
        _bar(image, rng.uniform(0.05, 0.9), rng.uniform(0.1, 0.8), 0.05, 0.085, hue(rng, 0.55, 0.8))
    return image


def sign(rng: np.random.Generator, ground: Colour, ink: Colour) -> Floats:
    """Return a made-up company's mark: a figure and bold strokes like letters; (80, 320, 3)."""
    image = _blank(320, 80, ground)
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


def panorama(rng: np.random.Generator) -> Floats:
    """Return the world outside, all around: sky with clouds, then towers, houses or trees; (512, 2048, 3)."""
    width, height = PANORAMA_SIZE
    horizon = int(height * 50 / 90)
    mood = rng.integers(4)
    tops: tuple[Colour, ...] = ((0.16, 0.36, 0.78), (0.55, 0.6, 0.66), (0.30, 0.36, 0.6), (0.22, 0.45, 0.8))
    lows: tuple[Colour, ...] = ((0.72, 0.84, 0.95), (0.85, 0.87, 0.9), (0.98, 0.72, 0.48), (0.9, 0.93, 0.96))
    fall = np.linspace(0, 1, horizon)[:, None, None] ** 1.4
    sky = np.asarray(tops[mood]) + fall * (np.asarray(lows[mood]) - np.asarray(tops[mood]))
    image = np.empty((height, width, 3), np.float32)
    image[:horizon] = sky
    image[horizon:] = np.asarray(lows[mood]) * 0.45
    _clouds(image[:horizon], rng, 0.75 if mood == 1 else rng.uniform(0.2, 0.7))
    haze = np.asarray(lows[mood], np.float32)
    city = rng.random() < 0.65
    if city:
        for distance in (0.75, 0.5, 0.2):
            _towers(image, rng, horizon, haze, distance)
    if not city or rng.random() < 0.6:
        _trees(image, rng, horizon, haze)
    return image


def next_room(rng: np.random.Generator, wall: Colour) -> Floats:
    """Return a blurred room all around, as seen through a glass partition; (512, 2048, 3) like `panorama`."""
    width, height = PANORAMA_SIZE
    horizon = int(height * 50 / 90)
    image = _blank(width, height, (0.0, 0.0, 0.0))
    tone = np.asarray(wall, np.float32)
    image[: horizon - 90] = 0.75 * tone
    image[horizon - 90 : horizon + 80] = 0.6 * tone
    image[horizon + 80 :] = 0.22 * tone
    for _ in range(60):
        x, y = int(rng.integers(width)), int(rng.integers(20, horizon - 100))
        image[y : y + 9, x : x + int(rng.integers(30, 80))] = 1.5
    for _ in range(26):
        x, w = int(rng.integers(width)), int(rng.integers(24, 70))
        image[horizon - 70 : horizon + int(rng.integers(10, 60)), x : x + w] = tone * rng.uniform(0.3, 2.2)
    for _ in range(70):
        x, w = int(rng.integers(width)), int(rng.integers(15, 80))
        y = horizon + int(rng.integers(15, 60))
        image[y : y + int(rng.integers(12, 70)), x : x + w] = hue(rng, 0.25, rng.uniform(0.03, 0.3))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 2.5), np.float32)


def _clouds(sky: Floats, rng: np.random.Generator, amount: float) -> None:
    height, width = sky.shape[:2]
    cover = np.zeros((height, width), np.float32)
    for cells, weight in ((6, 1.0), (14, 0.5), (34, 0.25), (80, 0.12)):
        coarse = rng.uniform(-1, 1, (cells, cells * 2)).astype(np.float32)
        cover += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    share = np.clip((cover - 0.9 + 1.4 * amount) * 0.9, 0, 1)[..., None] * 0.85
    sky += share * (np.float32(0.95) - sky)


def _towers(image: Floats, rng: np.random.Generator, horizon: int, haze: Floats, distance: float) -> None:
    width = image.shape[1]
    x = 0
    while x < width:
        w = int(rng.integers(26, 90) * (1.2 - 0.6 * distance))
        high = int(rng.uniform(15, 150) * (1.25 - 0.7 * distance))
        wall = np.asarray(hue(rng, 0.12, rng.uniform(0.12, 0.5)), np.float32)
        wall = wall + np.float32(distance) * (haze * 0.8 - wall)
        foot = horizon + int((1 - distance) * 60) + 15
        image[max(horizon - high, 0) : foot, x : x + w] = wall
        pitch, glass = int(rng.integers(5, 9)), wall * np.float32(0.62) + haze * np.float32(0.12 * distance)
        for y in range(horizon - high + 4, foot - 3, pitch + 2):
            if rng.random() < 0.96:
                for column in range(x + 3, min(x + w, width) - 3, pitch):
                    image[y : y + pitch - 2, column : column + pitch - 3] = glass
        x += w + int(rng.integers(0, 30))


def _trees(image: Floats, rng: np.random.Generator, horizon: int, haze: Floats) -> None:
    """Paint rows of trees on a lawn, the far ones first."""
    width = image.shape[1]
    lawn = np.array([0.10, 0.17, 0.05], np.float32)
    image[horizon + 22 :] = 0.5 * image[horizon + 22 :] + 0.5 * lawn
    crowns = [_crown(rng) for _ in range(3)]
    for row in range(3):
        for _ in range(int(rng.integers(16, 34))):
            size = int(rng.uniform(26, 44) * (1 + 0.55 * row))
            x, y = int(rng.integers(width - size)), horizon + 6 + 14 * row - size + int(rng.integers(-6, 10))
            tone = np.array([rng.uniform(0.05, 0.13), rng.uniform(0.12, 0.24), rng.uniform(0.02, 0.06)])
            tone = tone + (0.14 - 0.06 * row) * haze
            trunk = (np.array([0.09, 0.06, 0.04]) + 0.06 * haze).tolist()
            middle = x + size // 2
            cv2.line(image, (middle, y + size // 2), (middle, y + int(size * 1.25)), trunk, max(2, size // 16))
            crown = cv2.resize(crowns[rng.integers(3)], (size, size), interpolation=cv2.INTER_AREA)
            under = image[y : y + size, x : x + size]
            under += crown[..., 1:] * (tone.astype(np.float32) * crown[..., :1] - under)


def _crown(rng: np.random.Generator) -> Floats:
    """Return a tree's crown as (128, 128, 2): how light its leaves are, lit from above, and how much they cover."""
    leaves = np.zeros((128, 128), np.float32)
    for cells, weight in ((5, 0.8), (11, 0.55), (26, 0.45), (60, 0.3)):
        coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        leaves += weight * cv2.resize(coarse, (128, 128), interpolation=cv2.INTER_CUBIC)
    y, x = np.meshgrid(np.linspace(-1, 1, 128), np.linspace(-1, 1, 128), indexing="ij")
    cover = np.clip((0.78 - np.hypot(x, y) + 0.22 * leaves) * 6, 0, 1)
    light = np.clip(1.05 - 0.45 * y + 0.5 * leaves, 0.35, 2.0)
    return np.stack([light, cover], axis=-1).astype(np.float32)
