"""Measure `bgfg app` as people wait for it: `python -m benchmarks.app CORPUS`.

CORPUS is a folder or a URL. What is measured are the first look at it, pages of 60 of its samples at random, each with
its pictures, which lie inside the page, and, where there is a Chromium, the frames a second that the page of networks
shows of a camera of 320 × 240: from the camera through the server and back into the page.
"""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from benchmarks.machine import describe_machine
from benchmarks.timing import ROOT
from benchmarks.web import browser
from bgfg.data_manifests.terminal.errors import Problem

_SEED = 3
_CAMERA_MS = 5_000
_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
_PAGES = re.compile(r"</label> of ([0-9,]+)")
_RATE = re.compile(r"([0-9.]+) frames a second")


@click.command()
@click.argument("corpus")
@click.option("--pages", default=24, show_default=True, type=click.IntRange(1), help="Pages of each array.")
@click.option("--camera/--no-camera", default=True, show_default=True, help="Whether the camera is measured.")
def main(corpus: str, pages: int, camera: bool) -> None:
    """Print tables of what the app takes for a corpus and for the camera."""
    click.echo(f"{describe_machine(ROOT).sentence()}\n")
    start_s = time.perf_counter()
    with app_of(corpus) as address:
        text, _ = looked_at(f"{address}/corpus")
        click.echo(f"| of `{Path(corpus).name}` | s, median | s, longest |\n|---|---|---|")
        click.echo(f"| the start of the app and the first look | {time.perf_counter() - start_s:.2f} | |")
        if not (found := _PAGES.search(text)):
            raise Problem(f"{corpus}: the app shows no samples of it: look by `bgfg app`")
        for shown in ("image", "mask", "depth"):
            click.echo(row_of_pages(address, shown, int(found[1].replace(",", "")), pages))
        if camera:
            click.echo("\n| the camera, 320 × 240 | frames a second |\n|---|---|")
            for row in camera_rows(address):
                click.echo(row)


@contextmanager
def app_of(corpus: str) -> Iterator[str]:
    """Run the app on a free port, and yield its address."""
    words = [sys.executable, "-m", "bgfg", "app", str(Path(corpus).resolve()) if "://" not in corpus else corpus]
    with subprocess.Popen([*words, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            raise Problem(f"{corpus}: the app didn't start, as it says above")
        try:
            yield said.split()[0]
        finally:
            process.terminate()


def looked_at(address: str) -> tuple[str, float]:
    """Return a page with all that is in it, and the seconds it took."""
    start_s = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        text = answer.read().decode()
    return text, time.perf_counter() - start_s


def row_of_pages(address: str, shown: str, of: int, pages: int) -> str:
    """Return the row of one array: what pages at random take, the same ones of each array."""
    rng = random.Random(_SEED)
    took_s = [looked_at(f"{address}/corpus?shown={shown}&page={rng.randint(1, of)}")[1] for _ in range(pages)]
    return f"| a page of 60, {shown} | {statistics.median(took_s):.3f} | {max(took_s):.3f} |"


def camera_rows(address: str) -> Iterator[str]:
    """Yield the rows of the networks that come with bgfg, each with the background painted, and blurred."""
    with browser(*_CAMERA) as chromium, chromium.new_context(base_url=address) as context:
        context.grant_permissions(["camera"])
        page = context.new_page()
        page.goto("/model")
        page.click("#camera")
        rate = page.locator("#rate")
        for network in ("person", "two_stream"):
            page.select_option("[name=network]", network)
            if network == "two_stream":
                rate.get_by_text("step out").wait_for()
                page.click("#take")
            for look in ("colour", "blur"):
                page.select_option("[name=show]", look)
                page.wait_for_timeout(_CAMERA_MS)
                found = _RATE.search(rate.inner_text())
                if found is None:
                    raise Problem(f"{network}: the page shows no frames: {rate.inner_text()}")
                yield f"| `{network}`, {look} | {found[1]} |"


if __name__ == "__main__":
    main()
