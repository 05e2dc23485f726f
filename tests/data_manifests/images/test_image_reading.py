"""Picture files: everything people have is read upright and right, everything else is named, nothing ends otherwise."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import socket
import struct
import tempfile
import threading
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images import decode as decode_module
from bgfg.data_manifests.images.decode import PictureError, reading_bytes
from bgfg.data_manifests.images.image_reading import (
    read_background,
    read_depth,
    read_own_colours,
    read_picture,
    read_rgb,
    read_rgba,
)

H, W = 13, 17


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour: int, *rows: bytes, extra: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels + chunk(b"IEND", b"")


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def scene(height: int = H, width: int = W) -> NDArray[np.uint8]:
    """Smooth, without any symmetry, different in each channel."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + 2 * y) * 255 // (width + 2 * height)], 2).astype(
        np.uint8
    )


def figure(height: int = H, width: int = W) -> NDArray[np.uint8]:
    """The scene, opaque in a box off the middle, with a row of half transparent pixels."""
    alpha = np.zeros((height, width, 1), np.uint8)
    alpha[3:-1, 2:-4] = 255
    alpha[2, 2:-4] = 128
    return np.concatenate([scene(height, width), alpha], axis=2)


def write(folder: Path, data: bytes, name: str = "picture.png") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal(read: Callable[[Path], object], path: Path) -> PictureError:
    with pytest.raises(PictureError) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "GIF", "WEBP"])
def test_lossless_formats_give_the_pixels_that_went_in(tmp_path: Path, file_format: str) -> None:
    rgb = scene()
    image = Image.fromarray(rgb)
    data = encoded(image, file_format, lossless=True) if file_format == "WEBP" else encoded(image, file_format)
    if file_format == "GIF":
        rgb = np.array(image.quantize(256).convert("RGB"))
        data = encoded(image.quantize(256), "GIF")
    pixels = read_rgb(write(tmp_path, data))
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, rgb)


@pytest.mark.parametrize("file_format", ["JPEG", "MPO"])
def test_jpeg_and_the_first_picture_of_a_phone_file_are_close(tmp_path: Path, file_format: str) -> None:
    more = {"save_all": True, "append_images": [Image.new("RGB", (8, 8), "red")]} if file_format == "MPO" else {}
    data = encoded(Image.fromarray(scene(130, 170)), file_format, quality=95, **more)
    assert np.abs(read_rgb(write(tmp_path, data, "a.JPG")).astype(int) - scene(130, 170)).max() <= 6


UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a.transpose(1, 0, 2)[:, ::-1],  # the first row is the right-hand side
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: a.transpose(1, 0, 2)[::-1],  # the first row is the left-hand side
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF", "JPEG"])
def test_exif_orientation_is_applied_once(tmp_path: Path, file_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = scene(24, 40) if file_format == "JPEG" else figure(24, 40)
    all_options: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 95}}
    options = all_options.get(file_format, {})
    path = write(tmp_path, encoded(Image.fromarray(stored), file_format, exif=exif, **options))
    pixels = read_rgb(path) if file_format == "JPEG" else read_rgba(path)
    upright = UPRIGHT[orientation](stored)
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).max() <= (8 if file_format == "JPEG" else 0)


def test_damaged_exif_leaves_the_pixels_as_they_lie(tmp_path: Path) -> None:
    data = encoded(Image.fromarray(scene()), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage")
    np.testing.assert_array_equal(read_rgb(write(tmp_path, data)), scene())


def test_grey_bilevel_palette_and_cmyk_become_rgb(tmp_path: Path) -> None:
    grey = Image.fromarray(scene()[..., 0])
    np.testing.assert_array_equal(read_rgb(write(tmp_path, encoded(grey, "PNG"))), scene()[..., [0, 0, 0]])
    bits = grey.point(lambda v: 255 * (v > 99)).convert("1")
    assert set(np.unique(read_rgb(write(tmp_path, encoded(bits, "PNG"))))) == {0, 255}
    palette = Image.fromarray(scene()).quantize(16)
    expected = np.array(palette.convert("RGB"))
    np.testing.assert_array_equal(read_rgb(write(tmp_path, encoded(palette, "PNG"))), expected)
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for file_format in ("JPEG", "TIFF"):  # Adobe stores CMYK inverted in JPEG
        pixels = read_rgb(write(tmp_path, encoded(red, file_format), "red"))
        assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 3


def test_16_bit_grey_is_divided_by_257_and_rounded(tmp_path: Path) -> None:
    values = np.array([[0, 128, 129, 257, 40000, 65535]], np.uint16)
    expected = [0, 0, 1, 1, 156, 255]
    rows = values.astype(">u2").tobytes()
    files = {
        "png": png(6, 1, 16, 0, rows),
        "tiff": encoded(Image.fromarray(values), "TIFF"),
        "pgm": b"P5 6 1 65535\n" + rows,
        "plain.pgm": b"P2 6 1 65535\n" + " ".join(map(str, values[0])).encode(),
    }
    for name, data in files.items():
        assert read_rgb(write(tmp_path, data, name)).tolist() == [[[v] * 3 for v in expected]], name


def test_16_bit_colour_keeps_its_high_byte(tmp_path: Path) -> None:
    data = png(1, 1, 16, 6, struct.pack(">4H", 300, 50, 40000, 32767))
    assert read_rgba(write(tmp_path, data)).tolist() == [[[1, 0, 156, 127]]]


TRNS = {
    "1 bit": (png(2, 1, 1, 0, b"\x80", extra=chunk(b"tRNS", b"\0\1")), [[255, 255, 255, 0], [0, 0, 0, 255]]),
    "2 bits": (png(2, 1, 2, 0, b"\x70", extra=chunk(b"tRNS", b"\0\1")), [[85, 85, 85, 0], [255, 255, 255, 255]]),
    "4 bits": (png(2, 1, 4, 0, b"\x3c", extra=chunk(b"tRNS", b"\0\3")), [[51, 51, 51, 0], [204, 204, 204, 255]]),
    "grey": (png(2, 1, 8, 0, b"\3\7", extra=chunk(b"tRNS", b"\0\3")), [[3, 3, 3, 0], [7, 7, 7, 255]]),
    "16-bit grey": (
        png(2, 1, 16, 0, b"\x01\x2c\x9c\x40", extra=chunk(b"tRNS", b"\x01\x2c")),
        [[1, 1, 1, 0], [156, 156, 156, 255]],
    ),
    "RGB": (
        png(2, 1, 8, 2, b"\1\2\3\4\5\6", extra=chunk(b"tRNS", b"\0\1\0\2\0\3")),
        [[1, 2, 3, 0], [4, 5, 6, 255]],
    ),
    "16-bit RGB": (
        png(2, 1, 16, 2, bytes([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]), extra=chunk(b"tRNS", bytes([1, 0, 2, 0, 3, 0]))),
        [[1, 2, 3, 0], [4, 5, 6, 255]],
    ),
    "palette": (
        png(2, 1, 8, 3, b"\0\1", extra=chunk(b"PLTE", bytes([9, 8, 7, 1, 2, 3])) + chunk(b"tRNS", b"\x40")),
        [[9, 8, 7, 64], [1, 2, 3, 255]],
    ),
    "grey and alpha": (png(2, 1, 8, 4, b"\3\0\7\xff"), [[3, 3, 3, 0], [7, 7, 7, 255]]),
}


@pytest.mark.parametrize("kind", TRNS)
def test_every_way_a_png_declares_transparency_is_understood(tmp_path: Path, kind: str) -> None:
    data, expected = TRNS[kind]
    assert read_rgba(write(tmp_path, data)).tolist() == [expected]


def test_cutouts_come_from_gif_webp_and_tiff_too(tmp_path: Path) -> None:
    image = Image.fromarray(figure())
    np.testing.assert_array_equal(
        read_rgba(write(tmp_path, encoded(image, "WEBP", lossless=True, exact=True))), figure()
    )
    np.testing.assert_array_equal(read_rgba(write(tmp_path, encoded(image, "TIFF"))), figure())
    alpha = read_rgba(write(tmp_path, encoded(image, "GIF")))[..., 3]
    assert set(np.unique(alpha)) == {0, 255}


def test_an_opaque_alpha_is_dropped_and_a_transparent_background_refused(tmp_path: Path) -> None:
    opaque = np.dstack([scene(), np.full((H, W), 255, np.uint8)])
    np.testing.assert_array_equal(read_rgb(write(tmp_path, encoded(Image.fromarray(opaque), "PNG"))), scene())
    path = write(tmp_path, encoded(Image.fromarray(figure()), "PNG"))
    assert "transparent pixels (alpha down to 0); a photograph must be opaque" in str(refusal(read_rgb, path))
    assert "; a background must be opaque. Save it without alpha" in str(refusal(read_background, path))
    assert "; a photograph must be opaque" in str(refusal(read_own_colours, path))


def test_a_cutout_without_a_figure_or_without_surroundings_is_refused(tmp_path: Path) -> None:
    palette = write(tmp_path, encoded(Image.fromarray(scene()).quantize(8), "PNG"))
    error = refusal(read_rgba, palette)
    assert error.reason == "palette image without transparency; a cut-out needs an alpha channel"
    assert str(error) == f"{palette}: {error.reason}. Save it as RGBA."
    for level, word in ((255, "wholly opaque"), (0, "wholly transparent")):
        rgba = np.dstack([scene(), np.full((H, W), level, np.uint8)])
        assert word in str(refusal(read_rgba, write(tmp_path, encoded(Image.fromarray(rgba), "PNG"))))


def animated(file_format: str) -> bytes:
    frames = [Image.new("RGB", (9, 7), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], file_format, save_all=True, append_images=frames[1:])


def text_bomb() -> bytes:
    return png(1, 1, 8, 2, b"\1\2\3", extra=chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2**21))))


UNUSABLE = {
    "zero bytes": (b"", "empty (0 bytes)"),
    "text": (b"not a picture at all\n" * 9, "not a picture in a format that is read here"),
    "bomb": (png(60000, 60000, 8, 2, b""), "60000×60000 pixels; at most 120 megapixels"),
    "text bomb": (text_bomb(), "damaged or cut short (Decompressed data too large"),
    "truncated PNG": (encoded(Image.effect_noise((90, 90), 50), "PNG")[:4000], "damaged or cut short"),
    "truncated JPEG": (encoded(Image.effect_noise((90, 90), 50), "JPEG")[:2000], "damaged or cut short"),
    "broken checksum": (png(1, 1, 8, 2, b"\1\2\3").replace(b"IDATx", b"IDATy"), "damaged or cut short"),
    "animated GIF": (animated("GIF"), "animated, 3 frames"),
    "animated PNG": (animated("PNG"), "animated, 3 frames"),
    "animated WebP": (animated("WEBP"), "animated, 3 frames"),
    "pages": (animated("TIFF"), "3 pages"),
    "floats": (encoded(Image.fromarray(np.ones((5, 5), np.float32)), "TIFF"), "floating-point values (mode F)"),
    "32 bits": (encoded(Image.fromarray(np.full((5, 5), 70000, np.int32)), "TIFF"), "32-bit values from 70000"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture in a format"),
    "LAB": (encoded(Image.new("LAB", (5, 5)), "TIFF"), "mode LAB"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_used_is_named_with_its_reason(tmp_path: Path, kind: str) -> None:
    data, reason = UNUSABLE[kind]
    assert reason in str(refusal(read_rgb, write(tmp_path, data, "a #b 'c'.png")))


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("socket.png")
    for name in ("pipe.png", "folder.png", "socket.png"):
        assert "not a regular file" in str(refusal(read_rgb, tmp_path / name))
    for name in ("dangling.png", "loop.png"):
        assert "a link that leads nowhere" in str(refusal(read_rgb, tmp_path / name))
    assert "No such file" in str(refusal(read_rgb, tmp_path / "missing.png"))
    (tmp_path / "link.png").symlink_to(write(tmp_path, encoded(Image.fromarray(scene()), "PNG"), "target"))
    np.testing.assert_array_equal(read_rgb(tmp_path / "link.png"), scene())


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with open(path, "wb") as stream:
        stream.truncate(2**40)  # sparse: takes no room
    assert "1,099,511,627,776 bytes" in str(refusal(read_rgb, path))


@pytest.mark.parametrize("name", ["a b.png", 'it\'s "q".png', "#1.png", "Büro.png", "two\nlines.png"])
def test_any_name_is_read_and_printed_on_one_line(tmp_path: Path, name: str) -> None:
    np.testing.assert_array_equal(read_rgb(write(tmp_path, encoded(Image.fromarray(scene()), "PNG"), name)), scene())
    with pytest.raises(PictureError) as caught:
        read_rgb(write(tmp_path, b"", name))
    assert len(str(caught.value).splitlines()) == 1
    str(caught.value).encode("utf-8")


def test_an_undecodable_name_is_printed_escaped(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    with open(path, "wb"):
        pass
    with pytest.raises(PictureError) as caught:
        read_rgb(os.fsdecode(path))
    assert "caf\\udce9.png: empty" in caught.value.args[0]


def test_picture_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(PictureError("a\nb.png", "empty", "Replace it")))
    assert (error.path, error.reason, error.remedy) == ("a\\nb.png", "empty", "Replace it")
    assert error.lines == ("a\\nb.png: empty. Replace it.",)


def depth_file(values: NDArray[np.uint16], kind: str) -> bytes:
    if kind == "pgm":
        return f"P5 {values.shape[1]} {values.shape[0]} {values.max()}\n".encode() + values.astype(">u2").tobytes()
    return encoded(Image.fromarray(values), kind)


@pytest.mark.parametrize("kind", ["png", "tiff", "pgm"])
def test_depth_is_read_in_millimetres_whatever_the_container(tmp_path: Path, kind: str) -> None:
    values = np.random.default_rng(5).integers(0, 10001, (H, W)).astype(np.uint16)
    values[0, 0] = 0
    path = write(tmp_path, depth_file(values, kind))
    np.testing.assert_array_equal(read_depth(path), values)
    np.testing.assert_array_equal(read_depth(path, 1 / 5000), np.floor(values * 0.2 + 0.5))
    assert read_depth(path).dtype == np.uint16


def test_a_pgm_of_depth_keeps_its_values_for_every_maximum(tmp_path: Path) -> None:
    for maxval in (256, 1000, 10001, 40000, 65534, 65535):
        values = np.arange(0, maxval + 1, max(1, maxval // 999), dtype=np.uint16)[None]
        data = f"P5 {values.size} 1 {maxval}\n".encode() + values.astype(">u2").tobytes()
        np.testing.assert_array_equal(read_depth(write(tmp_path, data)), values)


def test_depth_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    far = write(tmp_path, encoded(Image.fromarray(np.full((5, 5), 65535, np.uint16)), "PNG"))
    assert read_depth(far).max() == 65535
    assert "depth up to 131.070 m at a scale of 0.002 m" in str(refusal(lambda p: read_depth(p, 0.002), far))
    empty = write(tmp_path, encoded(Image.fromarray(np.zeros((5, 5), np.uint16)), "PNG"))
    assert "0 (unknown) everywhere" in str(refusal(read_depth, empty))
    for image in (Image.fromarray(scene()), Image.fromarray(scene()[..., 0])):
        assert "8 bits a channel" in str(refusal(read_depth, write(tmp_path, encoded(image, "PNG"))))


SAVED = {
    "png": encoded(Image.fromarray(figure()), "PNG"),
    "palette": encoded(Image.fromarray(scene()).quantize(8), "PNG", transparency=3),
    "jpeg": encoded(Image.fromarray(scene(40, 50)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
    "webp": encoded(Image.fromarray(figure()), "WEBP"),
    "tiff": encoded(Image.fromarray(figure()), "TIFF", compression="tiff_lzw"),
    "gif": encoded(Image.fromarray(figure()), "GIF"),
    "bmp": encoded(Image.fromarray(scene()), "BMP"),
    "pgm": depth_file(np.arange(1, 500, dtype=np.uint16)[None], "pgm"),
    "mpo": encoded(Image.fromarray(scene()), "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))]),
}


def assert_read_or_refused(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(data)
        file.flush()
        for read, shape in ((read_rgb, 3), (read_rgba, 3), (read_depth, 2)):
            with contextlib.suppress(PictureError):
                pixels = read(file.name)
                assert pixels.ndim == shape
                assert pixels.dtype in (np.uint8, np.uint16)


@pytest.mark.parametrize("kind", SAVED)
def test_a_file_cut_short_anywhere_is_read_or_refused(kind: str) -> None:
    for length in range(0, len(SAVED[kind]), 50):
        assert_read_or_refused(SAVED[kind][:length])


SIGNATURES = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"RIFF\0\1\0\0WEBPVP8 ",
    b"II*\0",
    b"MM\0*",
    b"GIF89a",
    b"BM",
    b"P5 ",
]
FUZZ = settings(suppress_health_check=list(HealthCheck), derandomize=True)


@FUZZ
@given(signature=st.sampled_from(SIGNATURES), rest=st.binary(max_size=300))
def test_whatever_follows_a_signature_is_read_or_refused(signature: bytes, rest: bytes) -> None:
    assert_read_or_refused(signature + rest)


@FUZZ
@given(
    kind=st.sampled_from(sorted(SAVED)),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_file_with_bytes_changed_is_read_or_refused(kind: str, edits: list[tuple[float, int]]) -> None:
    data = bytearray(SAVED[kind])
    for place, value in edits:
        data[int(place * place * len(data))] = value  # the headers, at the front, more often
    assert_read_or_refused(bytes(data))


def test_warnings_stay_silent_on_threads_and_are_loud_again_afterwards(tmp_path: Path) -> None:
    noisy = encoded(Image.fromarray(scene()).quantize(8), "PNG", transparency=bytes(range(8)))
    path = write(tmp_path, noisy)
    failures: list[BaseException] = []

    def read_often() -> None:
        try:
            for _ in range(40):
                read_rgba(path)
        except BaseException as error:
            failures.append(error)
            raise

    filters = list(warnings.filters)
    threads = [threading.Thread(target=read_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(warnings.filters) == filters
    with pytest.raises(UserWarning):
        warnings.warn("loud", UserWarning, stacklevel=1)


def test_a_cutout_is_limited_by_what_resizing_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, encoded(Image.new("RGBA", (40, 30), (9, 9, 9, 9)), "PNG"))
    monkeypatch.setattr(decode_module, "MAX_DECODE_BYTES", 19 * 40 * 30)
    read_rgba(path)
    monkeypatch.setattr(decode_module, "MAX_DECODE_BYTES", 19 * 40 * 30 - 1)
    assert refusal(read_rgba, path).reason.endswith("40×30 pixels; at most 0 megapixels are decoded of cut-outs")
    assert read_picture(path).pixels.shape == (30, 40, 4)


@pytest.mark.parametrize(
    ("mode", "file_format", "bytes_per_pixel"),
    [("L", "PNG", 4), ("P", "PNG", 4), ("RGB", "PNG", 8), ("RGBA", "PNG", 8), ("I;16", "PNG", 5), ("RGB", "WEBP", 17)],
)
def test_the_memory_that_reading_takes_is_told_by_the_header(
    tmp_path: Path, mode: str, file_format: str, bytes_per_pixel: int
) -> None:
    path = write(tmp_path, encoded(Image.new(mode, (40, 30)), file_format))
    assert reading_bytes(path) == bytes_per_pixel * 40 * 30
    assert reading_bytes(path, 99) == 99 * 40 * 30
    assert reading_bytes(path, bytes_per_pixel / 2) == bytes_per_pixel * 40 * 30


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_16_bits_count_as_read_in_full(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "wide.png"
    assert cv2.imwrite(str(path), np.full((30, 40, channels), 999, np.uint16))
    assert reading_bytes(path) == 4 * channels * 40 * 30


def test_what_cannot_be_opened_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    assert [reading_bytes(tmp_path / name) for name in ("text.png", "nowhere.png", ".")] == [0] * 3
