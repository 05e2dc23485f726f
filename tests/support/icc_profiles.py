"""Colour profiles made from published primaries: header, tag table and tags of ICC.1:2001."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

# x and y of red, green, blue; and the exponent of the tone curve.
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 2.2
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), 2.2
SRGB_BY_GAMMA = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), 2.2

_D65, _D50 = (0.3127, 0.3290), np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def rgb_profile(name: str, primaries: tuple[tuple[float, float], ...], gamma: float) -> bytes:
    """The bytes of a profile of three primaries and one tone curve."""
    columns = np.stack([_xyz(*xy) for xy in primaries], axis=1)
    columns = columns * np.linalg.solve(columns, _xyz(*_D65))
    to_d50 = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / (_BRADFORD @ _xyz(*_D65))) @ _BRADFORD
    red, green, blue = (to_d50 @ columns).T
    curve = _curve(gamma)
    return _profile(
        name,
        b"RGB ",
        {b"rXYZ": _position(red), b"gXYZ": _position(green), b"bXYZ": _position(blue)}
        | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    )


def grey_profile(name: str, gamma: float) -> bytes:
    """The bytes of a profile of grey levels."""
    return _profile(name, b"GRAY", {b"kTRC": _curve(gamma)})


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1, (1 - x - y) / y])


def _fixed(values: NDArray[np.float64]) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _position(xyz: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(xyz)


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _profile(name: str, space: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _position(_D50),
    } | tags
    at, table, content = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI", at + len(content), bytes(4), 0x02400000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(_D50)
    return head.ljust(128, b"\0") + table + content
