"""Classes: their order, what may not be one, and what is said of those that are thin or contradict one another."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bgfg.data_manifests.assets.classes import (
    MOST_CLASSES,
    class_numbers,
    contradictions,
    count_classes,
    sorted_classes,
    thin_classes,
)
from bgfg.data_manifests.terminal.errors import Problem


@dataclass(frozen=True)
class Cutout:
    label: str | None
    group: int
    split: str | None = "train"

    @property
    def file(self) -> str:
        return f"{self.label}/{self.group}.png"


SPLITS = ("train", "val", "test")


def test_classes_are_numbered_from_one_in_sorted_order() -> None:
    classes = sorted_classes(["dog", "ant", "dog", "Zebra"])
    assert classes == ("Zebra", "ant", "dog")
    assert class_numbers(classes) == {"Zebra": 1, "ant": 2, "dog": 3}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["dog", "Dog"], "the classes Dog and dog differ only in case"),
        (["STRASSE", "straße"], "differ only in case"),
        (["cat", "Background"], "a class can't be called Background, which is what is around cut-outs"),
        ([f"c{n}" for n in range(MOST_CLASSES + 1)], "255 classes (c0, c1, c10 and 252 more), of which pictures of"),
    ],
)
def test_what_can_be_no_set_of_classes_is_one_line(labels: list[str], said: str) -> None:
    with pytest.raises(Problem) as caught:
        sorted_classes(labels)
    [line] = caught.value.lines
    assert said in line
    assert caught.value.exit_code == 2


def test_a_class_that_is_missing_in_a_split_is_named() -> None:
    cutouts = [Cutout("cat", n, split) for n, split in enumerate(SPLITS)]
    assert thin_classes([*cutouts, Cutout("dog", 7)], SPLITS) == [("dog", "none of its 1 cut-out is in val or test")]
    alike = [Cutout("dog", 7), Cutout("dog", 7)]
    said = "none of its 2 cut-outs, near-duplicates counted is in val or test"
    assert thin_classes([*cutouts, *alike], SPLITS) == [("dog", said)]
    assert thin_classes([*cutouts, *alike], ("train",)) == []
    assert thin_classes([Cutout("dog", 7)], SPLITS) == []  # the only class: there is nothing to tell it from


def test_near_duplicates_of_two_classes_contradict_one_another() -> None:
    cat, dog, other = Cutout("cat", 1), Cutout("dog", 1), Cutout("cat", 2)
    assert contradictions([cat, other, dog, dog]) == [(dog, cat), (dog, cat)]
    assert contradictions([cat, cat, other]) == []
    assert count_classes([dog, cat, cat]) == "cat 2, dog 1"
