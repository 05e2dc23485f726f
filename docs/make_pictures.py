"""Draws the pictures of the pages, docs/images, of the drawn kit: `python docs/make_pictures.py`, some minutes.

They come of commands that the pages name, which are called here; what these make is put side by side and stored small.
docs/app.jpeg and docs/report.jpeg show the app and a report as Chromium does, by Playwright.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import bgfg
from bgfg.data_manifests.images.depth_colours import colour_depth

IMAGES = Path(__file__).resolve().parent / "images"
WIDTH_PX, GAP_PX = 1200, 6
BG, DEPTH = "--bg kit/bg --fg kit/fg", "--bg-depth kit/depth"
SCENES = ("indoor", "outdoor", "home")
SMALL = "--placements 6 --split 50/25/25"


def run(line: str) -> None:
    """Call bgfg in this folder."""
    subprocess.run([sys.executable, "-P", "-m", "bgfg", *line.split()], check=True)


def store(name: str, *rows: Sequence[object]) -> None:
    """Store rows of pictures, all of one size, as docs/images/NAME.jpg."""
    tiles = [[Image.fromarray(np.asarray(each)).convert("RGB") for each in row] for row in rows]
    width, height = tiles[0][0].size
    sheet = Image.new(
        "RGB", (len(tiles[0]) * (width + GAP_PX) - GAP_PX, len(tiles) * (height + GAP_PX) - GAP_PX), "white"
    )
    for y, row in enumerate(tiles):
        for x, tile in enumerate(row):
            sheet.paste(tile, (x * (width + GAP_PX), y * (height + GAP_PX)))
    sheet.thumbnail((WIDTH_PX, WIDTH_PX))
    sheet.save(IMAGES / f"{name}.jpg", quality=82, optimize=True)


def store_sheet(name: str, file: str, height_px: int | None = None) -> None:
    """Store a sheet that a command drew, from its top down to a height."""
    sheet = Image.open(file).convert("RGB")
    sheet = sheet.crop((0, 0, sheet.width, min(sheet.height, height_px or sheet.height)))
    sheet.thumbnail((WIDTH_PX, 10 * WIDTH_PX))
    sheet.save(IMAGES / f"{name}.jpg", quality=82, optimize=True)


def draw_kit() -> None:
    """Draw the scenes of the kit: rooms, places outside, corners of homes."""
    for scenes in SCENES:
        run(f"kit {scenes} --scenes {scenes} --backgrounds 4 --cutouts 0 --size 224")
    store("kit", *([Image.open(file) for file in sorted(Path(name, "bg").iterdir())] for name in SCENES))


def draw_corpora() -> None:
    """Draw what a block is, people on the floor, several of them, and variety."""
    run(f"dataset corpus {BG} {DEPTH} {SMALL}")
    corpus = bgfg.Corpus("corpus")
    store("block", [corpus.read("image", i) for i in range(60, 65)], [corpus.read("mask", i) for i in range(60, 65)])
    run(f"dataset standing {BG} {DEPTH} {SMALL} --placement perspective --cutouts-per-sample 2..3")
    standing = bgfg.Corpus("standing")
    picked = [7 + n * (len(standing) // 5) for n in range(5)]
    colours = np.array([(0, 0, 0), (214, 96, 77), (67, 147, 195), (244, 202, 96)], np.uint8)
    chosen = [standing[i] for i in picked]
    store(
        "several",
        [sample.image for sample in chosen],
        [colours[standing.read("instance", i)] for i in picked],
        [colour_depth(sample.depth_m, 1.5, 9) for sample in chosen if sample.depth_m is not None],
    )
    run("export standing normals --as folder --split test --normals")
    names = [path.stem for path in sorted(Path("normals/bg_fg").iterdir())[3::12]][:4]
    shown = [
        [Image.open(file) for file in (f"normals/bg_fg/{name}.jpeg", f"normals/bg_fg_normal/{name}_normal.png")]
        for name in names
    ]
    store("normals", [pair[0] for pair in shown], [pair[1] for pair in shown])
    run(f"plan varied {BG} {SMALL} --scale 0.5..1.5 --rotate 15 --truncate 25 --colour-match --shadow")
    run("compose varied")
    run("preview varied varied.png --kinds --samples 3")
    store_sheet("variety", "varied.png")


def draw_networks() -> None:
    """Draw what the networks that come with bgfg find: depth, people by a second shot, cut-outs."""
    corpus = bgfg.Corpus("corpus")
    Path("photos").mkdir()
    Path("empties").mkdir()
    for b in range(4):
        sample = corpus[b * (len(corpus) // len(corpus.read_prepared("background"))) + 12 * b + 3]
        Image.fromarray(sample.image).save(f"photos/{b}.png")
        Image.fromarray(corpus.read_prepared("background")[b]).save(f"empties/{b}.png")
    run("depth photos depths")
    seen = [np.asarray(Image.open(f"photos/{b}.png")) for b in range(4)]
    depths = [np.asarray(Image.open(f"depths/{b}.png")) for b in range(4)]
    store("depth", seen, [colour_depth((depth_mm / 1000).astype(np.float32), 1.5, 9) for depth_mm in depths])
    run("predict two_stream photos --background empties --out predicted")
    run("replace two_stream photos --background empties --color #0a4678 --out blue")
    run("replace two_stream photos --background empties --blur 6 --out blurred")
    made = [
        [np.asarray(Image.open(f"{folder}/{b}.png")) for b in range(4)]
        for folder in ("predicted/mask", "blue", "blurred")
    ]
    store("predict", seen, *made)
    run("cutout photos people --model two_stream --background empties --accept border --accept uncertain")
    store_sheet("cutouts", "people/_cutout/cutouts.jpg")


def draw_training() -> None:
    """Draw what a short run leaves: its curves, and a sheet of what it finds."""
    run("train corpus run --preset cpu --size 128 --steps 240 --validate-every 40 --batch 16 --sheet-rows 3")
    store_sheet("curves", "run/curves.png", height_px=598)
    store_sheet("training", str(sorted(Path("run/sheets").iterdir())[-1]))


def draw_screens() -> None:
    """Draw a page of samples and one of them large, as the app shows them, and the beginning of a report."""
    from playwright.sync_api import sync_playwright

    run("report corpus report.html --samples 2")
    command = [sys.executable, "-P", "-m", "bgfg", "app", "corpus", "--port", "0"]
    with (
        sync_playwright() as playwright,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        assert app.stdout is not None
        address = app.stdout.readline().split()[0]
        page = browser.new_page(viewport={"width": 1280, "height": 920})
        for name, path in (("samples", "/corpus?placement=4"), ("sample", "/corpus/sample/124")):
            page.goto(f"{address}{path}")
            page.screenshot(path=f"{name}.png")
        app.terminate()
        page = browser.new_page(viewport={"width": 1060, "height": 1330})
        page.goto(Path("report.html").absolute().as_uri())
        page.screenshot(path="report.png")
    shown = [np.asarray(Image.open(f"{name}.png").convert("RGB")) for name in ("samples", "sample")]
    both = Image.fromarray(np.hstack([shown[0], np.full((len(shown[0]), 4 * GAP_PX, 3), 255, np.uint8), shown[1]]))
    both.thumbnail((1480, 1480))
    both.save(IMAGES.with_name("app.jpeg"), quality=85, optimize=True)
    Image.open("report.png").convert("RGB").save(IMAGES.with_name("report.jpeg"), quality=85, optimize=True)


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        run("kit kit --backgrounds 8 --cutouts 8")
        draw_kit()
        draw_corpora()
        draw_networks()
        draw_training()
        draw_screens()
