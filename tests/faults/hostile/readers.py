"""What is handed damaged input: a reader, the stock that its valid inputs are made from, and its targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

INPUTS = 100_000


@dataclass(frozen=True)
class Layer:
    """Something inside a file, which is damaged and put back so that what guards it, a digest say, is right again.

    Attributes:
        take: Returns what lies inside a whole file.
        put: Returns the whole file with something else in its place.
    """

    take: Callable[[bytes], bytes]
    put: Callable[[bytes, bytes], bytes]


# The file itself, as it stands.
PLAIN = Layer(lambda whole: whole, lambda _, inner: inner)


@dataclass(frozen=True)
class Target:
    """A valid input of a reader.

    Attributes:
        name: What it is called beside the other targets of its reader.
        content: Its bytes.
        reads: What reads it, of which each input gets one: takes the damaged bytes, returns or raises Problem.
        layers: What of it is damaged, by name.
    """

    name: str
    content: bytes
    reads: Sequence[Callable[[bytes], object]]
    layers: Mapping[str, Layer] = field(default_factory=lambda: {"": PLAIN})


@dataclass(frozen=True)
class Stock:
    """Valid inputs that several readers share.

    Attributes:
        name: Of its folder.
        make: Writes them into a folder, by the real code.
        modules: What the readers need, imported once before any process is forked.
    """

    name: str
    make: Callable[[Path], None]
    modules: Sequence[str] = ()


@dataclass(frozen=True)
class Reader:
    """A reader of what users hand over.

    Attributes:
        name: What rounds call it.
        stock: What its inputs are made from.
        targets: Returns them, from the folder of the stock.
        inputs: How many damaged inputs it is to be handed for one seed.
        is_limited: Whether the product runs it in a process with limits (ops/limited_read.py), in which a library may
            crash, hang or run out of memory: here it may too.
        is_loud: Whether a library warns or prints of itself, beside the line that is said.
    """

    name: str
    stock: Stock
    targets: Callable[[Path], list[Target]]
    inputs: int = INPUTS
    is_limited: bool = False
    is_loud: bool = False


def in_file(file: Path, *reads: Callable[[], object], layers: Mapping[str, Layer] | None = None) -> Target:
    """Return the target that a file is, read where it lies; it is whole again after each read."""
    content = file.read_bytes()

    def beside(read: Callable[[], object]) -> Callable[[bytes], object]:
        def with_damage(damaged: bytes) -> object:
            _replace(file, damaged)
            try:
                return read()
            finally:
                _replace(file, content)

        return with_damage

    return Target(file.name, content, [beside(read) for read in reads], {"": PLAIN} | dict(layers or {}))


def _replace(file: Path, content: bytes) -> None:
    """Write a file anew, so that whoever remembers the one before sees that it is another."""
    file.unlink(missing_ok=True)
    file.write_bytes(content)
