"""The grammar of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.naming import KINDS, SUFFIXES, Name, NameWriter, parse_name

# The examples of the corpus format, word for word.
EXAMPLES = [
    ("bg001.jpeg", Name("bg", background=0, suffix="jpeg")),
    ("fg001.png", Name("fg", cutout=0, suffix="png")),
    ("fg001_01.png", Name("fg", cutout=0, flipped=True, suffix="png")),
    ("frg001.png", Name("fg_mask", cutout=0, suffix="png")),
    ("frg001_01.png", Name("fg_mask", cutout=0, flipped=True, suffix="png")),
    ("bg001_fg001_001.jpeg", Name("image", 0, 0, False, 0, "jpeg")),
    ("bg001_fg001_01_001.jpeg", Name("image", 0, 0, True, 0, "jpeg")),
    ("bg001_fg001_001_mask.png", Name("mask", 0, 0, False, 0, "png")),
    ("bg_001_fg_001_001_depth_map_001.jpeg", Name("depth", 0, 0, False, 0, "jpeg")),
    ("bg_001_fg_001_01_001_depth_map_001.jpeg", Name("depth", 0, 0, True, 0, "jpeg")),
    ("bg_001_fg_001_01_001_depth_map_001.png", Name("depth", 0, 0, True, 0, "png")),
]


@pytest.mark.parametrize(("text", "name"), EXAMPLES)
def test_every_example_of_the_format_is_written_and_parsed(text: str, name: Name) -> None:
    assert parse_name(text) == (name, ())
    assert str(name) == text


@st.composite
def names(draw: st.DrawFn) -> tuple[NameWriter, Name]:
    counts = draw(st.tuples(*[st.integers(1, 20_000)] * 3))
    kind = draw(st.sampled_from(KINDS))
    b, c, k = (draw(st.integers(0, count - 1)) for count in counts)
    whole = kind in ("image", "mask", "depth")
    name = Name(
        kind,
        b if whole or kind == "bg" else None,
        c if kind != "bg" else None,
        draw(st.booleans()) if kind != "bg" else False,
        k if whole else None,
        draw(st.sampled_from(SUFFIXES[kind])),
    )
    return NameWriter(*counts), name


@given(names())
def test_what_is_written_parses_back_without_deviation(case: tuple[NameWriter, Name]) -> None:
    writer, name = case
    assert parse_name(writer.write(name)) == (name, ())


@pytest.mark.parametrize(
    ("text", "canonical", "deviation"),
    [
        ("bg001.jpg", "bg001.jpeg", "suffix .jpg, not .jpeg"),
        ("bg001.JPG", "bg001.jpeg", "suffix .JPG, not .jpeg"),
        ("bg1.jpeg", "bg001.jpeg", "missing zeros"),
        ("bg001_fg1_01_001.jpeg", "bg001_fg001_01_001.jpeg", "missing zeros"),
        ("bg001_fg001_01.jpeg", "bg001_fg001_001.jpeg", "missing zeros"),
        ("img007.jpeg", "bg007.jpeg", "the form img001"),
        ("img007.png", "fg007.png", "the form img001"),
        ("bg001 fg001 001.jpeg", "bg001_fg001_001.jpeg", "spaces in the name"),
        ("BG_001.jpeg", "bg001.jpeg", "underscores or letter case"),
        ("fg001.jpeg", "fg001.jpeg", "suffix .jpeg, not .png"),
    ],
)
def test_deviations_are_read_and_said(text: str, canonical: str, deviation: str) -> None:
    parsed = parse_name(text)
    assert parsed is not None
    name, deviations = parsed
    assert (str(name), deviations) == (canonical, (deviation,))


@pytest.mark.parametrize(
    "text",
    ["", "cat.png", "bg.jpeg", "bg000.jpeg", "bg001_fg001.jpeg", "bg_001_fg_001_001_depth_map_002.png", "bg٣.jpeg"],
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert parse_name(text) is None


def test_numbers_grow_with_their_count() -> None:
    writer = NameWriter(backgrounds=5_000, cutouts=20, placements=1_000)
    assert writer.write(Name("image", 0, 0, True, 999)) == "bg0001_fg001_01_1000.jpeg"


@pytest.mark.parametrize("kind", ["image", "mask", "depth"])
def test_all_names_of_a_background_are_those_written_one_by_one(kind: str) -> None:
    writer = NameWriter(backgrounds=3, cutouts=2, placements=4)
    one_by_one = [
        writer.write(Name(kind, 1, cutout, flipped, placement))
        for cutout in range(2)
        for flipped in (False, True)
        for placement in range(4)
    ]
    assert writer.of_background(kind, 1) == one_by_one
