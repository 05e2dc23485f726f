"""Ways of damaging an input: in its bits, its pieces, its numbers, the fields of its headers, the structure of JSON.

Pure: what comes out depends on the content and on the generator alone.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

Way = Callable[[bytes, random.Random], bytes]

# Stand for themselves in JSON; what JSON's own writer can't write is put in as text.
_DEEP, _LONG = "\0deep\0", "\0long\0"
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 255, 256, 65_536, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**400,
    -(10**400), 0.5, -0.0, 1e-320, 1e308, math.nan, math.inf, -math.inf, "", "0", "\0", "\ud800", "\n", "a" * 5_000,
    "../../x", "/dev/zero", "%s{}", [], {}, [[]], [None], [[], [0]], {"": None}, {"a": {}}, _DEEP, _LONG,
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"0.5", b"-0.0", b"1e308", b"1e400", b"-1e400", b"1e-320", b"NaN", b"nan", b"inf",
    b"Infinity", b"65536", b"2147483647", b"2147483648", b"-2147483649", b"4294967296", b"9007199254740993",
    b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"1" * 400, b"9" * 5_000, b"0x10",
    b"1_0", b"\xd9\xa1", b"", b"1 1", b"1,1",
)  # fmt: skip
_NEAR_BYTES = 256  # of the ends, where headers and directories are


def bits(content: bytes, chance: random.Random) -> bytes:
    """Flip one bit, or a few."""
    flipped = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        flipped[_place(len(content), chance)] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def cut(content: bytes, chance: random.Random) -> bytes:
    """Cut it short, or take the beginning away."""
    place = _place(len(content), chance)
    return content[:place] if chance.random() < 0.9 else content[place:]


def piece(content: bytes, chance: random.Random) -> bytes:
    """Leave a piece out, double it, blank it, or put another piece in its place."""
    start = _place(len(content), chance)
    end = min(len(content), start + chance.choice((1, 2, 4, 8, 64, 512)))
    other = chance.randrange(len(content))
    length = end - start
    zeros = bytes(chance.choice((1, 3, 512)))
    new: bytes = chance.choice(
        (b"", content[start:end] * 2, content[start:end] * 50, bytes(length), b"\xff" * length,
         content[other : other + length], chance.randbytes(length), zeros + content[start:end])
    )  # fmt: skip
    return content[:start] + new + content[end:]


def fields(content: bytes, chance: random.Random) -> bytes:
    """Write an extreme of a whole number of 1 to 8 bytes over what may be a field of a header."""
    size = chance.choice((1, 2, 4, 4, 8))
    order: Any = chance.choice(("little", "big"))
    start = _place(max(1, len(content) - size + 1), chance)
    present = int.from_bytes(content[start : start + size], order)
    top: int = 256**size
    value: int = chance.choice(
        (0, 1, 2, top - 1, top - 2, top // 2, top // 2 - 1, present + 1, present - 1, 2 * present, present // 2,
         len(content), len(content) + 1, start, chance.randrange(top), 10**6, 0x7FFF, 0xFFFF)
    )  # fmt: skip
    return content[:start] + (value % top).to_bytes(size, order) + content[start + size :]


def numbers(content: bytes, chance: random.Random) -> bytes:
    """Replace a number of a text by an extreme, or by what is none."""
    found = list(_NUMBER.finditer(content))
    chosen = chance.choice(found) if found else None
    start, end = chosen.span() if chosen else (0, 0)
    new: bytes = chance.choice(_NUMBERS)
    return content[:start] + new + content[end:]


def structure(content: bytes, chance: random.Random) -> bytes:
    """Replace a value of JSON by one of another kind, or leave out, double, rename or exchange names and elements."""
    whole = [json.loads(content)]
    places = list(_places(whole))
    container, key = chance.choice(places)
    others = [place for place in places if place[0] is container]
    what = chance.random()
    if what < 0.6 or container is whole:
        container[key] = chance.choice(_VALUES)
    elif what < 0.75:
        del container[key]
    elif what < 0.85:
        _, other = chance.choice(others)
        container[key], container[other] = container[other], container[key]
    elif isinstance(container, list):
        container[key:key] = [container[key]] * chance.choice((1, 2, 1_000))
    else:
        container[chance.choice(("", "a" * 300, "\0", f"{key}x", "__class__", "1"))] = container.pop(key)
    text = json.dumps(whole[0], indent=chance.choice((None, 1)))
    deep = chance.choice((70, 900, 100_000))
    text = text.replace(json.dumps(_DEEP), "[" * deep + "]" * deep)
    return text.replace(json.dumps(_LONG), "9" * 5_000).encode()


WAYS: dict[str, Way] = {
    "bits": bits, "cut": cut, "piece": piece, "fields": fields, "numbers": numbers, "structure": structure
}  # fmt: skip


def ways_for(content: bytes) -> list[str]:
    """Return the names of the ways that suit a content: those of text for text, of JSON for JSON."""
    names = ["bits", "cut", "piece"]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return [*names, "fields", "fields"]
    try:
        json.loads(content)
    except ValueError:
        return [*names, "numbers", "numbers"]
    return [*names, "numbers", "structure", "structure", "structure"]


def _place(length: int, chance: random.Random) -> int:
    """Draw a place, often near the beginning or the end."""
    near = min(length, _NEAR_BYTES)
    where = chance.random()
    if where < 0.4:
        return chance.randrange(near)
    return length - 1 - chance.randrange(near) if where < 0.6 else chance.randrange(length)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container with each of its keys."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from _places(inner)
