"""Inputs of predictions: which pictures, which background belongs to each, and both brought to one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from filecmp import cmp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.naming import Name, parse_name
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.decode import pixel_count
from bgfg.data_manifests.images.image_reading import read_background, read_own_colours
from bgfg.data_manifests.images.listing import list_folders
from bgfg.data_manifests.images.wide_values import FULL_BITS, significant_bits
from bgfg.data_manifests.terminal.errors import Problem, first_few, folded
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.depth_teacher.ops.prefetch import prefetch_within
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.grey_shots import grey_remark
from bgfg.train.ops.matched_background import match_background
from bgfg.train.ops.side_work import ahead

Pixels = NDArray[np.uint8]

_AHEAD = 2
# What a picture takes while it is worked on: itself and its background, alpha, the person's colours, depth, and what is
# made of them and written: 28 were measured of `predict` with two shots.
_BYTES_PER_PIXEL = 29


@dataclass(frozen=True)
class InputFiles:
    """Files of one prediction.

    Attributes:
        name: Name of the picture's file without suffix.
        picture: File of the picture.
        background: File of the empty scene; None where none is used.
        picture_bits: Bits that the picture uses, if it is one of 16 bits a channel.
        background_bits: Bits that the empty scene uses, likewise.
        fault: Why nothing can be made of it, as the line of an error; empty if nothing is known to be wrong.
    """

    name: str
    picture: Path
    background: Path | None = None
    picture_bits: int = FULL_BITS
    background_bits: int = FULL_BITS
    fault: str = ""


@dataclass(frozen=True)
class InputImages:
    """Pixels of one prediction, (H, W, 3) uint8 RGB each, in the colours of the picture.

    Attributes:
        files: Where they are from.
        picture: The picture.
        background: The empty scene at the picture's size; None where none is used.
        displaced_px: How far the background lies beside the picture, or lay before it was moved, as MatchedBackground
            has it.
        profile: The picture's colour profile; None where its colours are sRGB.
        remark: What is to be known of the picture's colours, and beside the background's; empty if nothing.
    """

    files: InputFiles
    picture: Pixels
    background: Pixels | None = None
    displaced_px: float = 0.0
    profile: ColourProfile | None = None
    remark: str = ""


def list_inputs(
    source: Path, background: Path | None, card: ModelCard, note: Note = no_note, option: str = "IMAGE"
) -> list[InputFiles]:
    """Return the input files of a picture, or of a folder of pictures.

    Args:
        source: The picture, or the folder.
        background: One for all, or a folder with one under the name of each picture, whatever its suffix, or, of
            pictures that bgfg composed, under that of its background: bg001 for bg001_fg002_003.
        card: Says whether the model needs backgrounds.
        note: Told what is ignored in the folder, and which pictures are left out, since they are backgrounds
            themselves.
        option: What the pictures are given by on the command line, for messages.

    Raises:
        Problem: Every background is missing, or the one that is given isn't used, or every picture would be its own
            background. An input whose background alone is missing says so as its `fault`.
    """
    inputs = pair_inputs(source, background, card, note, option)
    of_pictures = significant_bits([files.picture for files in inputs])
    of_backgrounds = significant_bits(sorted({files.background for files in inputs if files.background}))
    for line in filter(None, (of_pictures.note(), of_backgrounds.note())):
        note(line)
    return [replace(f, picture_bits=of_pictures.bits, background_bits=of_backgrounds.bits) for f in inputs]


def pair_inputs(
    source: Path,
    background: Path | None,
    card: ModelCard | None = None,
    note: Note = no_note,
    option: str = "IMAGE",
) -> list[InputFiles]:
    """Return the input files of `list_inputs` without the bits that they use.

    Args:
        source: As `list_inputs` has it, and the others.
        background: One for all, or a folder.
        card: None where the model isn't known yet.
        note: Told what is ignored and which pictures are left out.
        option: As `list_inputs` has it.
    """
    pictures = _pictures(option, source, note)
    if card is not None:
        check_background_given(source, background, card)
    by_name: dict[str, Path] = {}
    for path in pictures:
        if path.stem in by_name:
            raise Problem(f"{path}: {by_name[path.stem].name} has the same name, and so would its results: rename one")
        by_name[path.stem] = path
    if background is not None and not background.exists():
        raise Problem(f"--background {background}: no such file or folder: check the path", exit_code=2)
    if background is None:
        return [InputFiles(name, path) for name, path in by_name.items()]
    if not background.is_dir():
        return _without_backgrounds([InputFiles(name, path, background) for name, path in by_name.items()], note)
    there = {path.stem: path for path in _pictures("--background", background)}
    if len(by_name) == len(there) == 1:
        there = dict(zip(by_name, there.values(), strict=True))
    behind = {name: _behind(path, there.get(name), there.get(_background_name(path))) for name, path in by_name.items()}
    inputs = [
        InputFiles(name, path, behind[name], fault="" if behind[name] else _no_background(path, background))
        for name, path in by_name.items()
    ]
    if all(files.fault for files in inputs):
        raise Problem(*fault_lines(inputs))
    return _without_backgrounds(inputs, note)


def fault_lines(inputs: Sequence[InputFiles]) -> list[str]:
    """Return the lines of inputs of which nothing can be made: the first ones, and how many more there are."""
    faulty = [files for files in inputs if files.fault]
    return folded([files.fault for files in faulty], faulty[0].picture.parent) if faulty else []


def _no_background(picture: Path, folder: Path) -> str:
    return f"{picture}: no background {picture.stem}.* in {folder}: put it there"


def _behind(picture: Path, of_its_name: Path | None, of_a_composite: Path | None) -> Path | None:
    """Return the background of a picture: that of its own name, unless it is the picture itself."""
    if of_its_name is None or (of_a_composite is not None and _is_same(of_its_name, picture)):
        return of_a_composite
    return of_its_name


def _is_same(background: Path, picture: Path) -> bool:
    """Say whether two names are of one file, or of a copy of it to the byte."""
    try:
        return background.samefile(picture) or cmp(background, picture, shallow=False)
    except OSError:
        return False  # one of them is named when it is read


def _without_backgrounds(inputs: list[InputFiles], note: Note) -> list[InputFiles]:
    """Leave out pictures that would be their own background: nobody is ever found in them."""
    own = [files.picture for files in inputs if files.background and _is_same(files.background, files.picture)]
    if not own:
        return inputs
    empty = "the empty scene without anybody"
    if len(own) == sum(not files.fault for files in inputs):
        raise Problem(
            f"{first_few(own, 3)}: would be compared with itself: give --background a shot, or a folder, of {empty}",
            exit_code=2,
        )
    note(f"{first_few(own, 3)}: left out, taken for {empty}, since --background names the same picture")
    return [files for files in inputs if files.picture not in own]


def _background_name(picture: Path) -> str:
    """Return the name, without suffix, of the background of a composite that is named as bgfg does; "" of another."""
    known = parse_name(picture.name)
    if known is None or known[0].kind != "image":
        return ""
    return Path(str(Name("bg", known[0].background))).stem


def load_inputs(
    inputs: Sequence[InputFiles], align: bool | None = None, threads: int | None = None
) -> Iterator[InputImages | Problem]:
    """Yield the images of inputs, or the Problem where they can't be read; a thread reads ahead.

    Args:
        inputs: Their files.
        align: Whether backgrounds are moved over their pictures; None for those that surely lie beside them.
        threads: How many threads may be used; with 1 none reads ahead. None for one a core.
    """

    def loaded_or_problem(files: InputFiles) -> InputImages | Problem:
        try:
            return load_input(files, align)
        except Problem as problem:
            return problem

    yield from prefetch_within(loaded_or_problem, inputs, _bytes_of, ahead(threads, _AHEAD))


def _bytes_of(files: InputFiles) -> int:
    return _BYTES_PER_PIXEL * pixel_count(files.picture)


def load_input(files: InputFiles, align: bool | None = None) -> InputImages:
    """Return the images of an input; raise Problem where they can't be read, or don't belong together.

    Args:
        files: Its files.
        align: Whether the background is moved over the picture; None for where it surely lies beside it.
    """
    picture, profile, remark = read_own_colours(files.picture, files.picture_bits)
    if files.background is None:
        return InputImages(files, picture, profile=profile, remark=remark)
    shot = _read_in_colours(files.background, files.background_bits, profile)
    matched = match_background(picture, files.picture, shot, files.background, align)
    remarks = "; ".join(filter(None, (remark, grey_remark(picture, shot))))
    return InputImages(files, picture, matched.pixels, matched.displaced_px, profile, remarks)


def read_single_picture(path: Path, note: Note) -> Pixels:
    """Read an opaque picture that stands for itself, such as the empty scene of a video, (H, W, 3) uint8 RGB.

    Args:
        path: The file.
        note: Told how many of its 16 bits it uses, if these are fewer, and what is wrong with its colours.

    Raises:
        PictureError: It can't be read, or has transparent pixels.
    """
    bits = significant_bits([path])
    seen = read_background(path, bits.bits)
    for line in filter(None, (bits.note(), seen.fault and f"{path}: {seen.fault}")):
        note(line)
    return seen.pixels


def _read_in_colours(path: Path, bits: int, wanted: ColourProfile | None) -> Pixels:
    """Read a picture in the colours of another one's profile; None: in sRGB."""
    pixels, own, _ = read_own_colours(path, bits, what="a background")
    if (own and own.icc) == (wanted and wanted.icc):
        return pixels
    rgb = pixels if own is None else own.to_srgb(pixels)
    return rgb if wanted is None else wanted.from_srgb(rgb)


def check_background_given(source: Path, background: Path | None, card: ModelCard) -> None:
    """Raise Problem where a model needs a background and there is none, or the other way round."""
    if card.needs_background and background is None:
        raise Problem(
            f"{source}: {card.name} compares two shots: give the one of the empty scene too, --background FILE|FOLDER",
            exit_code=2,
        )
    if background is not None and not card.needs_background:
        raise Problem(
            f"--background {background}: {card.name} looks at the picture alone: leave the option out", exit_code=2
        )


def check_align_given(align: bool | None, card: ModelCard) -> None:
    """Raise Problem where backgrounds are to be moved, or left, of a model that has none."""
    if align is not None and not card.needs_background:
        option = "--align" if align else "--no-align"
        raise Problem(
            f"{option}: {card.name} looks at the picture alone, without a background: leave the option out", exit_code=2
        )


def _pictures(option: str, source: Path, note: Note = no_note) -> list[Path]:
    """Return a picture, or those of a folder, and note what is ignored there."""
    if source.is_dir():
        (found,), ignored = list_folders([(option, source)])
        for line in ignored:
            note(line)
        return found
    if not source.exists():
        raise Problem(f"{option} {source}: no such file or folder: check the path", exit_code=2)
    return [source]
