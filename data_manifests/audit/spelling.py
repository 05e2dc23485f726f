"""How a set spells its numbers: in which place of a name, between which words, and with how many digits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from bgfg.data_manifests.corpus.naming import MAX_DIGITS

_DIGITS = re.compile("[0-9]+")

Numbers = tuple[int, ...]


class _Template(NamedTuple):
    """A name without its numbers: the text before each and after the last, and which number stands at each place."""

    texts: tuple[str, ...]
    order: tuple[int, ...]


def find_spelling(examples: Iterable[tuple[str, Numbers]]) -> Callable[[Numbers], str] | None:
    """Return how most names of a series spell their numbers.

    Args:
        examples: File names, each with the numbers that it tells, as they are written.

    Returns:
        A function from numbers to a name; None where no name tells each of its numbers in just one place.
    """
    found: dict[_Template, list[list[str]]] = defaultdict(list)
    for file, numbers in examples:
        template = _template(file, numbers)
        if template is not None:
            found[template[0]].append(template[1])
    if not found:
        return None
    usual, written = max(found.items(), key=lambda pair: len(pair[1]))
    digits = [_digits(texts) for texts in zip(*written, strict=True)]

    def spell(numbers: Numbers) -> str:
        told = (f"{numbers[place]:0{digits[place]}d}" for place in usual.order)
        return usual.texts[0] + "".join(number + text for number, text in zip(told, usual.texts[1:], strict=True))

    return spell


def _template(file: str, numbers: Numbers) -> tuple[_Template, list[str]] | None:
    """Return the template of a name, and how each of its numbers is written."""
    matches = [match for match in _DIGITS.finditer(file) if len(match[0]) <= MAX_DIGITS]
    places = [[match for match in matches if int(match[0]) == number] for number in numbers]
    if any(len(place) != 1 for place in places) or len(set(numbers)) < len(numbers):
        return None
    order = sorted(range(len(numbers)), key=lambda n: places[n][0].start())
    spans = [places[n][0].span() for n in order]
    edges = [0, *(edge for span in spans for edge in span), len(file)]
    texts = tuple(file[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    return _Template(texts, tuple(order)), [place[0][0] for place in places]


def _digits(texts: Iterable[str]) -> int:
    """Return to how many digits numbers are padded with zeros."""
    lengths = Counter(len(text) for text in texts if text.startswith("0") and len(text) > 1)
    return lengths.most_common(1)[0][0] if lengths else min(map(len, texts))
