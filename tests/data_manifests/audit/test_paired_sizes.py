"""Sizes across kinds: single pictures that differ are errors, sets that are made so are told once."""

from __future__ import annotations

from bgfg.data_manifests.audit.paired_sizes import Size, SizePair, paired_size_findings, usual_size_findings


def told(*pairs: tuple[str, Size, Size], whole: str = "image", of_composites: bool = True) -> list[tuple[str, str]]:
    sizes = [SizePair(f"{n}.png", kind, a, whole, b) for n, (kind, a, b) in enumerate(pairs)]
    found = paired_size_findings(sizes, of_composites)
    return [(finding.severity, finding.path) for finding in found]


def test_equal_sizes_are_right() -> None:
    assert told(*[("mask", (13, 7), (13, 7))] * 5) == []


def test_one_that_differs_is_an_error() -> None:
    assert told(("mask", (13, 7), (13, 7)), ("mask", (13, 8), (13, 7))) == [("error", "1.png")]


def test_a_scale_of_a_whole_set_is_told_once() -> None:
    assert told(*[("depth", (112, 113), (224, 225))] * 4) == [("note", "0.png")]
    assert told(*[("mask", (300, 200), (600, 400)), ("mask", (150, 100), (300, 200))] * 2) == [("warning", "0.png")]
    assert told(*[("mask", (26, 14), (13, 7))] * 3) == [("warning", "0.png")]


def test_masks_of_photographs_may_be_of_any_size_in_their_shape() -> None:
    pairs = ("mask", (433, 577), (480, 640)), ("mask", (615, 406), (1200, 793)), ("mask", (9, 9), (9, 9))
    assert told(*pairs, of_composites=False) == [("note", "0.png")]
    assert told(*pairs) == [("error", "0.png"), ("error", "1.png")]
    assert told(*pairs, ("mask", (9, 9), (9, 12)), of_composites=False) == [("note", "0.png"), ("error", "3.png")]


def test_another_shape_is_an_error_each_though_all_have_it() -> None:
    assert told(*[("depth", (60, 50), (100, 50))] * 3) == [("error", f"{n}.png") for n in range(3)]
    assert told(*[("depth", (50, 100), (100, 50))] * 2) == [("error", f"{n}.png") for n in range(2)]


def test_depth_of_a_background_may_be_smaller_but_not_of_another_shape() -> None:
    assert told(("background_depth", (50, 40), (100, 80)), whole="bg") == []
    assert told(("background_depth", (40, 50), (100, 80)), whole="bg") == [("warning", "0.png")]


def test_backgrounds_of_another_size_than_composites_are_noted() -> None:
    sizes = {("bg", "448x448"): ["a", "b"], ("image", "224x224"): ["c"] * 4}
    assert [(f.severity, f.message) for f in usual_size_findings(sizes)] == [
        ("note", "composites are of 224x224, and backgrounds of 448x448")
    ]
    assert list(usual_size_findings({("bg", "9x9"): ["a"], ("image", "9x9"): ["c"]})) == []
    assert list(usual_size_findings({("bg", "9x9"): ["a"], ("bg", "8x9"): ["b"], ("image", "9x9"): ["c"]})) == []
    assert list(usual_size_findings({("image", "9x9"): ["c"]})) == []
