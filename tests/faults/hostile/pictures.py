"""Readers of picture files, their colour profiles and EXIF data, and of archives."""

from __future__ import annotations

import contextlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from bgfg.data_manifests.assets.preparation import prepare_assets
from bgfg.data_manifests.audit.contents import PictureInspector
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.images.archives import DamagedArchive, list_members
from bgfg.data_manifests.images.image_reading import (
    holds_depth,
    read_cutout,
    read_depth,
    read_own_colours,
    read_picture,
)
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.data_manifests.images.png_integrity import is_complete_png
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.scan import scan_pair
from tests.faults.hostile.layers import checked_png, checked_tar, inflated_png, zip_member
from tests.faults.hostile.readers import Layer, Reader, Stock, Target, in_file
from tests.support import references
from tests.support.icc_profiles import DISPLAY_P3, grey_profile, rgb_profile

_SIDE_PX = 12


def _make(folder: Path) -> None:
    rgb, rgba = references.picture(_SIDE_PX, _SIDE_PX, 0), references.cutout(_SIDE_PX, _SIDE_PX, 1)
    depth = (1_000 + 37 * np.add.outer(np.arange(_SIDE_PX), np.arange(_SIDE_PX))).astype(np.uint16)
    colour, cutout, grey = Image.fromarray(rgb), Image.fromarray(rgba), Image.fromarray(rgb[..., 0])
    palette = colour.quantize(7)
    icc = rgb_profile("P3", *DISPLAY_P3)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a room"
    frames = {"save_all": True, "append_images": [palette.rotate(90)]}
    pictures: dict[str, tuple[Image.Image, dict[str, object]]] = {
        "rgb.png": (colour, {"icc_profile": icc, "exif": exif}),
        "cutout.png": (cutout, {}),
        "palette.png": (palette, {"transparency": 3}),
        "bits.png": (grey.convert("1"), {}),
        "depth.png": (Image.fromarray(depth), {}),
        "animated.png": (colour, {"save_all": True, "append_images": [colour.rotate(90)]}),
        "rgb.jpeg": (colour, {"icc_profile": icc, "exif": exif}),
        "progressive.jpeg": (colour, {"progressive": True, "quality": 60}),
        "grey.jpeg": (grey, {"restart_marker_rows": 1}),
        "cmyk.jpeg": (colour.convert("CMYK"), {}),
        "rgb.webp": (colour, {"icc_profile": icc, "exif": exif}),
        "lossless.webp": (cutout, {"lossless": True}),
        "animated.webp": (colour, {"save_all": True, "append_images": [colour.rotate(90)]}),
        "rgb.tiff": (colour, {"compression": "tiff_lzw", "icc_profile": icc, "exif": exif}),
        "deflated.tiff": (cutout, {"compression": "tiff_adobe_deflate"}),
        "raw.tiff": (Image.fromarray(depth), {}),
        "floats.tiff": (Image.fromarray(depth.astype(np.float32)), {}),
        "jpeg.tiff": (colour, {"compression": "jpeg"}),
        "packed.tiff": (grey, {"compression": "packbits"}),
        "group4.tiff": (grey.convert("1"), {"compression": "group4"}),
        "rgb.bmp": (colour, {}),
        "palette.bmp": (palette, {}),
        "palette.gif": (palette, {"transparency": 3}),
        "animated.gif": (palette, frames),
        "rgb.ppm": (colour, {}),
        "grey.pgm": (grey, {}),
        "depth.pgm": (Image.fromarray(depth), {}),
        "bits.pbm": (grey.convert("1"), {}),
    }
    for name, (image, options) in pictures.items():
        image.save(folder / name, **options)  # type: ignore[arg-type]
    (folder / "plain.ppm").write_text("P3\n2 2\n# of a room\n255\n" + "9 " * 12)
    (folder / "plain.pgm").write_text("P2\n2 2\n65535\n" + "900 " * 4)
    _make_archives(folder, (folder / "rgb.png").read_bytes())
    _make_set(folder / "set", colour, cutout, Image.fromarray(depth))


def _make_set(folder: Path, colour: Image.Image, cutout: Image.Image, depth: Image.Image) -> None:
    """Write a picture of each kind, under the names of the grammar."""
    pictures = {
        "bg/bg001.png": colour, "fg/fg001.png": cutout, "bg_depth/bg001.png": depth,
        "fg_mask/fg001.png": cutout.getchannel("A"), "bg_fg/bg001_fg001_001.jpeg": colour,
        "bg_fg_mask/bg001_fg001_001.png": cutout.getchannel("A"), "bg_fg_depth/bg001_fg001_001.png": depth,
    }  # fmt: skip
    for name, image in pictures.items():
        (folder / name).parent.mkdir(parents=True)
        image.save(folder / name)


def _make_archives(folder: Path, png: bytes) -> None:
    for name, packed in (("stored.zip", zipfile.ZIP_STORED), ("deflated.zip", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(folder / name, "w", packed) as archive:
            archive.comment = b"of a room"
            for member in ("bg/bg001.png", "fg/ü.png", "mask/"):
                archive.writestr(member, png if member.endswith(".png") else "")
    for form, name in ((tarfile.USTAR_FORMAT, "u.tar"), (tarfile.PAX_FORMAT, "p.tar"), (tarfile.GNU_FORMAT, "g.tar")):
        with tarfile.open(folder / name, "w", format=form) as archive:
            for member in ("bg/bg001.png", "fg/" + "ü" * (10 if name == "u.tar" else 120) + ".png"):
                info = tarfile.TarInfo(member)
                info.size = len(png)
                archive.addfile(info, io.BytesIO(png))


PICTURES = Stock("pictures", _make)


def _of_suffix(*suffixes: str) -> Callable[[Path], list[Target]]:
    def targets(folder: Path) -> list[Target]:
        found = []
        for path in sorted(path for path in folder.iterdir() if path.suffix in suffixes):
            layers: dict[str, Layer] = (
                {"checked": checked_png(), "rows": inflated_png()} if path.suffix == ".png" else {}
            )
            pair = ImageMaskPair(path.name, path.name, "a")
            found.append(
                in_file(
                    path,
                    partial(read_picture, path),
                    partial(read_cutout, path),
                    partial(read_own_colours, path),
                    partial(read_depth, path),
                    partial(read_label_picture, path),
                    partial(significant_bits, [path]),
                    partial(holds_depth, path),
                    partial(scan_pair, path.parent, pair, alpha=False),
                    *([partial(is_complete_png, path)] if path.suffix == ".png" else []),
                    layers=layers,
                )
            )
        return found

    return targets


def _profiles(folder: Path) -> list[Target]:
    """Profiles that are damaged by themselves, in pictures that are whole."""
    rgb = Image.fromarray(references.picture(2, 2, 0))
    path = folder / "profile.png"

    def read(icc: bytes) -> None:
        rgb.save(path, icc_profile=icc)
        read_picture(path)
        read_own_colours(path)

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    named = {"matrix": rgb_profile("P3", *DISPLAY_P3), "srgb": srgb, "grey": grey_profile("G", 1.8)}
    return [Target(name, icc, [read]) for name, icc in named.items()]


def _exif(folder: Path) -> list[Target]:
    """EXIF data that are damaged by themselves, in pictures that are whole."""
    rgb = Image.fromarray(references.picture(2, 2, 0))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a room"
    exif.get_ifd(0x8769)[0x9000] = b"0230"

    def target(suffix: str) -> Target:
        path = folder / f"exif.{suffix}"

        def read(content: bytes) -> None:
            rgb.save(path, exif=content[:60_000])
            read_picture(path)

        return Target(suffix, exif.tobytes(), [read])

    return [target(suffix) for suffix in ("jpeg", "png", "webp")]


def _set(folder: Path) -> list[Target]:
    """Pictures of a set: as a corpus is planned of them, and as an audit inspects them beside their partners."""
    root = folder / "set"

    def plan() -> None:
        prepare_assets(
            root / "bg",
            root / "fg",
            root / "bg_depth",
            height_px=_SIDE_PX,
            width_px=_SIDE_PX,
            cutout_height_px=_SIDE_PX // 2,
            fix_cutouts=True,
        )

    def inspect() -> None:
        inspector = PictureInspector(read_tree(root))
        for part in range(inspector.part_count):
            inspector.inspect(part)

    def target(path: Path) -> Target:
        reads = [plan, inspect] if path.parent.name in ("bg", "fg", "bg_depth") else [inspect]
        layers = {"checked": checked_png(), "rows": inflated_png()} if path.suffix == ".png" else {}
        return in_file(path, *reads, layers=layers)

    return [target(path) for path in sorted(root.glob("*/*"))]


def _archives(folder: Path) -> list[Target]:
    def read(path: Path) -> None:
        with contextlib.suppress(DamagedArchive):  # which the audit turns into a finding
            for member in list_members(path):
                member.danger.encode()

    return [
        *(
            in_file(path, partial(read, path), layers={"member": zip_member("bg/bg001.png")})
            for path in sorted(folder.glob("*.zip"))
        ),
        *(
            in_file(path, partial(read, path), layers={"checked": checked_tar()})
            for path in sorted(folder.glob("*.tar"))
        ),
    ]


READERS = [
    Reader("pictures-png", PICTURES, _of_suffix(".png")),
    Reader("pictures-jpeg", PICTURES, _of_suffix(".jpeg")),
    Reader("pictures-webp", PICTURES, _of_suffix(".webp")),
    Reader("pictures-tiff", PICTURES, _of_suffix(".tiff"), is_loud=True),
    Reader("pictures-bmp-gif-ppm", PICTURES, _of_suffix(".bmp", ".gif", ".ppm", ".pgm", ".pbm")),
    Reader("colour-profiles", PICTURES, _profiles),
    Reader("exif", PICTURES, _exif),
    Reader("picture-sets", PICTURES, _set),
    Reader("archives", PICTURES, _archives),
]
