"""The place of a corpus on the command line, and sizes of pictures."""

from __future__ import annotations

import click
import pytest

from bgfg.data_manifests.terminal.cli_types import ImageSize, PrintableText


@pytest.mark.parametrize("text", ["", "   ", "\t", "a\nb", "a\x1b[31m", "\u202e", "a\udcff"])
def test_a_text_for_others_to_show_has_no_control_characters(text: str) -> None:
    assert PrintableText().convert("Person, größer", None, None) == "Person, größer"
    with pytest.raises(click.BadParameter, match=r"leave them out|is empty|is blank"):
        PrintableText().convert(text, None, None)


@pytest.mark.parametrize(("text", "size"), [("224", (224, 224)), ("320x240", (240, 320)), ("320X240", (240, 320))])
def test_a_size_is_height_and_width(text: str, size: tuple[int, int]) -> None:
    assert ImageSize().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "x", "3x", "-3", "3.5", "\u0663", "9" * 5_000, "224x224x224"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="give pixels such as 224"):
        ImageSize().convert(text, None, None)
