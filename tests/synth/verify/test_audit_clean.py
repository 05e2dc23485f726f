"""Folders that are right, in every layout and with every scheme of values that the audit knows, have no warning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.verify.audit import audit_path
from tests.support.executors import IN_PROCESS
from tests.support.foreign_sets import ForeignSet, H, Pixels, W, Writer, packed, room, write_as_it_is
from tests.support.pair_layouts import DEPTH_LAYOUTS, MASK_LAYOUTS, write_pairs, write_pets

BOTH = ("", "_01")
SAMPLE = "bg{b:03d}_fg{f:03d}{flip}_{k:03d}"
GRAMMAR = {
    "bg": "bg/bg{b:03d}.jpeg",
    "fg": "fg/fg{f:03d}{flip}.png",
    "fg_mask": "fg_mask/frg{f:03d}{flip}.png",
    "image": f"bg_fg/{SAMPLE}.jpeg",
    "mask": f"bg_fg_mask/{SAMPLE}_mask.png",
    "depth": "bg_fg_depth/bg_{b:03d}_fg_{f:03d}{flip}_{k:03d}_depth_map_{k:03d}.jpeg",
}
NUMBERED = {
    "bg": "backgrounds/{b}.jpg",
    "fg": "foregrounds/{f}.png",
    "fg_mask": "foreground_masks/{f}.png",
    "image": "images/{n}.jpg",
    "mask": "masks/{n}.png",
    "depth": "depth/{n}.png",
}


def without(paths: dict[str, str], *kinds: str) -> dict[str, str]:
    return {kind: path for kind, path in paths.items() if kind not in kinds}


LAYOUTS = {
    "the grammar": ForeignSet(GRAMMAR, BOTH),
    "the grammar without flips": ForeignSet(GRAMMAR),
    "flips of cut-outs not as files": ForeignSet(without(GRAMMAR, "fg", "fg_mask"), BOTH),
    "flips without masks of their own": ForeignSet(
        without(GRAMMAR, "fg_mask", "image", "mask", "depth") | {"fg_mask": "fg_mask/frg{f:03d}.png"}, BOTH
    ),
    "numbers from 1": ForeignSet(NUMBERED),
    "numbers from 0": ForeignSet(NUMBERED, first=0),
    "the grammar's words, from 0": ForeignSet(
        {
            "bg": "bg/bg_{b}.jpg",
            "fg": "fg/fg_{f}.png",
            "fg_mask": "fg_mask/fg_mask_{f}.png",
            "image": "bg_fg/bg_{b}_fg_{f}_{k}.jpg",
            "mask": "bg_fg_mask/bg_{b}_fg_{f}_{k}_mask.png",
            "depth": "bg_fg_depth/bg_{b}_fg_{f}_{k}_depth.png",
        },
        first=0,
    ),
    "numbers grow from two digits to three": ForeignSet(
        {"image": "images/scene_{n:02d}.jpg", "mask": "masks/scene_{n:02d}.png", "depth": "depth/scene_{n:02d}.png"},
        first=98,
        counts=(3, 3, 1),
    ),
    "four digits": ForeignSet({kind: path.replace("}.", ":04d}.") for kind, path in NUMBERED.items()}),
    "six digits": ForeignSet({kind: path.replace("}.", ":06d}.") for kind, path in NUMBERED.items()}),
    "names of a camera": ForeignSet(
        {
            "bg": "bg/IMG_{b:04d}.JPG",
            "fg": "fg/IMG_{f:04d}.PNG",
            "image": "overlay/img_{n:04d}.jpg",
            "mask": "overlay_mask/img_{n:04d}.jpg",
            "depth": "overlay_depth/img_{n:04d}.jpg",
        }
    ),
    "composites by one number": ForeignSet(
        {
            "bg": "bg/bg_{b:04d}.jpg",
            "fg": "fg/fg_{f:04d}.png",
            "image": "overlay/bg_{n:04d}.jpg",
            "mask": "overlay_mask/bg_{n:04d}.png",
            "depth": "overlay_depth/bg_{n:04d}.jpg",
        }
    ),
    "fg_mask_001.jpg beside fg_001.png": ForeignSet(
        {
            "bg": "bg/bg_{b:03d}.jpg",
            "fg": "fg/fg_{f:03d}.png",
            "fg_mask": "fg_mask/fg_mask_{f:03d}.jpg",
            "image": "fg_bg/fg_bg_{n:04d}.jpg",
            "mask": "fg_bg_mask/fg_bg_mask_{n:04d}.jpg",
            "depth": "fg_bg_depth/fg_bg_depth_{n:04d}.jpg",
        }
    ),
    "masks named unlike cut-outs": ForeignSet({"fg": "fg/fg{f:03d}.png", "fg_mask": "fg_mask/matte_{f}.png"}),
    "masks of composites named unlike these": ForeignSet(
        {"image": f"bg_fg/{SAMPLE}.jpeg", "mask": "masks/{b}_{f}_{k}.png", "depth": "depth/{b}-{f}-{k}.png"}
    ),
    "all in one folder": ForeignSet(
        {"bg": "bg{b:03d}.jpeg", "fg": "fg{f:03d}{flip}.png", "image": f"{SAMPLE}.jpeg", "mask": f"{SAMPLE}_mask.png"},
        BOTH,
    ),
    "masks and depth beside": ForeignSet(
        {"image": "images/{n}.jpg", "mask": "images/{n}_mask.png", "depth": "images/{n}_depth.png"}
    ),
    "masks beside cut-outs": ForeignSet({"fg": "cutouts/person_{f}.png", "fg_mask": "cutouts/person_{f}_mask.png"}),
    "mattes": ForeignSet(
        {"fg": "fg/fg{f:03d}.png", "fg_mask": "fg_matte/fg{f:03d}.png", "image": "images/{n}.jpg"}
        | {"mask": "mattes/{n}.png"}
    ),
    "mattes beside": ForeignSet({"image": "images/{n}.jpg", "mask": "images/{n}_matte.png"}),
    "depth beside backgrounds": ForeignSet({"bg": "bg/{b}.jpg", "background_depth": "bg/{b}_depth.png"}),
    "the kit": ForeignSet(
        {"bg": "bg/bg{b:03d}.jpeg", "fg": "fg/fg{f:03d}.png", "background_depth": "depth/bg{b:03d}.png"}
    ),
    "depth of backgrounds and of composites": ForeignSet(
        GRAMMAR | {"background_depth": "depth/bg{b:03d}.png"}, BOTH
    ),
    "depth of backgrounds of other names": ForeignSet(
        without(NUMBERED, "depth") | {"bg": "bg/room_{b}.jpg", "background_depth": "bg_depth/room_{b}.png"}
    ),
    "flips in a folder of their own": ForeignSet(
        {"fg": "fg{flip}/fg{f:03d}.png", "fg_mask": "fg_mask{flip}/frg{f:03d}.png"}, ("", "_flipped")
    ),
    "flips by a word": ForeignSet(
        {"bg": "bg/bg_{b}.jpg", "fg": "fg/fg_{f}{flip}.png", "image": "bg_fg/bg_{b}_fg_{f}{flip}_{k}.jpg"},
        ("", "_flip"),
    ),
    "a folder a background": ForeignSet(
        {"image": "fg_bg/bg{b:03d}/fg{f:03d}_{k:02d}.jpg", "mask": "masks/bg{b:03d}/fg{f:03d}_{k:02d}.jpg"}
    ),
    "cut-out first": ForeignSet(
        {"image": "fg_bg/fg{f:03d}_bg{b:03d}_{k:02d}.jpg", "mask": "fg_bg_mask/fg{f:03d}_bg{b:03d}_{k:02d}.jpg"}
    ),
    "placements that run on": ForeignSet(
        {"image": "bg_fg/bg{b:03d}_fg{f:03d}_{n:04d}.jpeg", "mask": "mask/bg{b:03d}_fg{f:03d}_{n:04d}_mask.png"}
    ),
    "hyphens and capitals": ForeignSet({"bg": "BG/BG-{b:02d}.JPG", "fg": "FG/FG-{f:02d}.PNG"}),
    "spaces": ForeignSet({"bg": "scenes/room {b}.jpeg", "fg": "people/person {f}.png"}),
    "words that say images": ForeignSet(
        {"bg": "bg_images/bg{b:03d}.jpg", "fg": "fg_images/fg{f:03d}.png", "fg_mask": "fg_images_mask/fg{f:03d}.png"}
    ),
    "trees apart": ForeignSet({"image": "data/images/a_{n}.jpg", "mask": "annotations/masks/a_{n}.png"}),
}  # fmt: skip


def serious(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity != "note"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_that_is_right_has_no_warnings(tmp_path: Path, layout: str) -> None:
    report = audit_path(LAYOUTS[layout].make(tmp_path), IN_PROCESS, full=True)
    assert serious(report.findings) == []
    assert {finding.check for finding in report.findings} & {"ignored", "not-a-member"} == set()


def saved(change: Callable[[Pixels], NDArray | Image.Image]) -> Writer:
    def write(pixels: Pixels, path: Path) -> None:
        changed = change(pixels)
        (changed if isinstance(changed, Image.Image) else Image.fromarray(changed)).save(path)

    return write


def as_palette(mask: Pixels, *colours: int) -> Image.Image:
    image = Image.fromarray((mask > 0).astype(np.uint8)).convert("P")
    image.putpalette([0, 0, 0, *colours])
    return image


def as_alpha(mask: Pixels) -> Pixels:
    return np.dstack([np.full((*mask.shape, 3), 255, np.uint8), mask])


def halved(pixels: Pixels) -> Pixels:
    height_px, width_px = pixels.shape[:2]
    return np.asarray(cv2.resize(pixels, (width_px // 2, height_px // 2), interpolation=cv2.INTER_AREA), np.uint8)


def soft(mask: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.8), np.uint8)


def as_pgm(depth: Pixels, path: Path) -> None:
    path.write_bytes(b"P5\n%d %d\n65535\n" % depth.shape[::-1] + (depth.astype(">u2") * 20).tobytes())


def in_colours(depth: Pixels) -> NDArray:
    return cv2.applyColorMap(depth, cv2.COLORMAP_JET)


def palette_cutout(rgba: Pixels) -> Image.Image:
    return Image.fromarray(np.where(rgba[..., 3:] >= 128, rgba | (0, 0, 0, 255), 0).astype(np.uint8)).quantize(64)


MASKS: dict[str, tuple[str, Writer]] = {
    "0 and 1": ("png", saved(lambda mask: mask // 255)),
    "0 and 128": ("png", saved(lambda mask: mask // 255 * np.uint8(128))),
    "bits": ("png", saved(lambda mask: mask > 0)),
    "a palette in green": ("png", saved(lambda mask: as_palette(mask, 0, 128, 0))),
    "colours": ("png", saved(lambda mask: np.dstack([mask, mask, mask]))),
    "alpha": ("png", saved(as_alpha)),
    "16 bits, 0 and 1": ("png", saved(lambda mask: (mask // 255).astype(np.uint16))),
    "16 bits, 0 and 65535": ("png", saved(lambda mask: mask.astype(np.uint16) * 257)),
    "soft edges": ("png", saved(soft)),
    "JPEG": ("jpg", write_as_it_is),
    "BMP": ("bmp", write_as_it_is),
}
DEPTHS: dict[str, tuple[str, Writer]] = {
    "16 bits": ("png", saved(lambda depth: depth.astype(np.uint16) * 20)),
    "metres in floats": ("tiff", saved(lambda depth: depth.astype(np.float32) / 50)),
    "PGM": ("pgm", as_pgm),
    "colours": ("jpg", saved(in_colours)),
    "half the size": ("png", saved(halved)),
}


@pytest.mark.parametrize("names", ["grammar", "numbered"])
@pytest.mark.parametrize("values", MASKS)
def test_masks_of_any_values_agree_with_their_cutouts(tmp_path: Path, values: str, names: str) -> None:
    suffix, writer = MASKS[values]
    paths = GRAMMAR if names == "grammar" else NUMBERED
    changed = {kind: paths[kind].replace(".png", f".{suffix}") for kind in ("mask", "fg_mask")}
    flips = BOTH if names == "grammar" else ("",)
    folder = ForeignSet(without(paths, "depth") | changed, flips, writers=dict.fromkeys(changed, writer))
    assert serious(audit_path(folder.make(tmp_path), IN_PROCESS, full=True).findings) == []


@pytest.mark.parametrize("values", DEPTHS)
def test_depth_maps_of_any_values_are_right(tmp_path: Path, values: str) -> None:
    suffix, writer = DEPTHS[values]
    paths = NUMBERED | {"depth": f"depth/{{n}}.{suffix}", "background_depth": f"bg_depth/{{b}}.{suffix}"}
    folder = ForeignSet(paths, writers={"depth": writer, "background_depth": writer})
    assert serious(audit_path(folder.make(tmp_path), IN_PROCESS, full=True).findings) == []


@pytest.mark.parametrize("suffix", ["zip", "tar"])
@pytest.mark.parametrize("each_folder", [False, True])
@pytest.mark.parametrize("paths", [GRAMMAR, NUMBERED])
def test_packs_are_right(tmp_path: Path, suffix: str, each_folder: bool, paths: dict[str, str]) -> None:
    root = packed(ForeignSet(paths).make(tmp_path), suffix, each_folder)
    assert serious(audit_path(root, IN_PROCESS, full=True).findings) == []


@pytest.mark.parametrize("form", ["{split}/{kind}", "{kind}/{split}"])
@pytest.mark.parametrize("labelled", [True, False])
def test_splits_are_right_with_a_test_split_that_has_no_masks_too(tmp_path: Path, form: str, labelled: bool) -> None:
    for first, split in enumerate(("train", "val", "test")):
        kinds = {"image": "images", "mask": "masks"} if labelled or split != "test" else {"image": "images"}
        paths = {kind: form.format(split=split, kind=folder) + "/{n}.png" for kind, folder in kinds.items()}
        ForeignSet(paths, first=20 * first).make(tmp_path)
    findings = audit_path(tmp_path, IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert any("taken for a test split" in finding.message for finding in findings) == (not labelled)


@pytest.mark.parametrize(
    ("kind", "path", "writer"),
    [
        ("fg", "foregrounds/{f}.png", saved(palette_cutout)),
        ("fg", "foregrounds/{f}.png", saved(lambda rgba: Image.fromarray(rgba).convert("LA"))),
        ("fg", "foregrounds/{f}.webp", lambda rgba, path: Image.fromarray(rgba).save(path, lossless=True)),
        ("fg", "foregrounds/{f}.png", saved(lambda rgba: rgba[..., :3])),  # masks say what is cut out
        ("image", "images/{n}.jpg", saved(lambda image: image[..., 1])),
        ("image", "images/{n}.png", write_as_it_is),
        ("bg", "backgrounds/{b}.webp", write_as_it_is),
    ],
)
def test_other_kinds_of_any_format_are_right(tmp_path: Path, kind: str, path: str, writer: Writer) -> None:
    folder = ForeignSet(NUMBERED | {kind: path}, writers={kind: writer})
    assert serious(audit_path(folder.make(tmp_path), IN_PROCESS, full=True).findings) == []


def test_backgrounds_as_they_were_photographed_are_right(tmp_path: Path) -> None:
    plain = LAYOUTS["the grammar"]
    folder = replace(plain, paths=without(dict(plain.paths), "bg")).make(tmp_path)
    (folder / "bg").mkdir()
    for b in range(3):
        Image.fromarray(room(b, 60 + 10 * b, 90 + 7 * b)).save(folder / f"bg/bg{b + 1:03d}.jpeg", quality=95)
    assert serious(audit_path(folder, IN_PROCESS, full=True).findings) == []


def test_overview_strips_and_trials_are_no_members(tmp_path: Path) -> None:
    folder = LAYOUTS["fg_mask_001.jpg beside fg_001.png"].make(tmp_path)
    strip = np.hstack([room(b) for b in range(3)])
    others = ("overview.jpg", "fg_bg/overview_strip.jpg", "fg_bg_mask/strip.png", "test/img_001.jpg", "test/fg_1.png")
    for name in others:
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(strip).save(folder / name)
    findings = audit_path(folder, IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert {f.path for f in findings if f.check in ("not-a-member", "ignored")} == {
        "overview.jpg", "fg_bg/overview_strip.jpg", "fg_bg_mask/strip.png", "test",
    }  # fmt: skip


def photograph(n: int) -> Pixels:
    return room(n)


def disc(n: int) -> Pixels:
    y, x = np.mgrid[:H, :W]
    return np.where((x - 20 - n) ** 2 + (y - 20) ** 2 < 150, 255, 0).astype(np.uint8)


@pytest.mark.parametrize("layout", MASK_LAYOUTS)
def test_images_and_masks_of_other_arrangements_are_right(tmp_path: Path, layout: str) -> None:
    as_matte = layout == "AISegment"  # pictures whose alpha is the matte
    mask = (lambda n: np.dstack([photograph(n), soft(disc(n))])) if as_matte else disc
    findings = audit_path(write_pairs(tmp_path, MASK_LAYOUTS[layout], photograph, mask), IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert {finding.check for finding in findings} & {"ignored", "not-a-member"} == set()


@pytest.mark.parametrize("layout", DEPTH_LAYOUTS)
def test_images_and_depth_maps_of_other_arrangements_are_right(tmp_path: Path, layout: str) -> None:
    def depth(n: int) -> NDArray[np.uint16]:
        return np.full((H, W), 1000 + n, np.uint16)

    root = write_pairs(tmp_path, DEPTH_LAYOUTS[layout], photograph, depth)
    findings = audit_path(root, IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert {finding.check for finding in findings} & {"ignored", "not-a-member"} == set()


def test_pets_are_right(tmp_path: Path) -> None:
    def of_its_own_size(n: int) -> Pixels:
        return room(n, 40 + n % 5, 52 + n % 3)

    def trimap(n: int) -> Pixels:
        return np.where(of_its_own_size(n)[..., 0] < 90, 1, np.where(of_its_own_size(n)[..., 0] < 110, 3, 2)).astype(
            "u1"
        )

    findings = audit_path(write_pets(tmp_path, of_its_own_size, trimap), IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert not [
        f.path for f in findings if f.check == "ignored" and f.path.endswith(("_1.png", ".jpg")) and "._" not in f.path
    ]


def test_photographs_of_two_cameras_are_no_outliers(tmp_path: Path) -> None:
    paths = MASK_LAYOUTS["folders"]

    def any_size(n: int) -> Pixels:
        return room(n, 40, 52) if n % 4 else room(n, 52, 40)

    def grey_or_not(n: int) -> Pixels:
        return any_size(n)[..., 0] if n % 2 else any_size(n)

    root = write_pairs(tmp_path, paths, grey_or_not, lambda n: np.where(any_size(n)[..., 0] > 128, 255, 0).astype("u1"))
    findings = audit_path(root, IN_PROCESS, full=True).findings
    assert serious(findings) == []
    assert {"mixed-sizes", "mixed-modes"} <= {finding.check for finding in findings}
