"""Measure the page of `bgfg web` in a headless Chromium: `python -m benchmarks.web PAGE`.

Needs Playwright and a Chromium. A frame of 640 × 480 goes all the way through the page's worker: pixels of a bitmap,
resizing, network, edges, another background. Beside the time by the clock stands the processor time of the worker and
of the runtime's threads: what the clock would say of one thread on a machine that has nothing else to do.
"""

from __future__ import annotations

import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Browser, sync_playwright

from benchmarks.builds.process_cost import with_children
from benchmarks.machine import describe_machine
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.web.server import HEADERS, address_of, page_server
from bgfg.train.web.site import RECORD_FILE

# Opens a network in a worker of its own, and leaves behind a function that gives it the same frame again and again.
_OPEN = """async ([card, shorter_px]) => {
  const { Engine } = await import(new URL("engine.js", location));
  const canvas = new OffscreenCanvas(640, 480), context = canvas.getContext("2d"), engine = new Engine();
  for (let i = 0; i < 300; i++) {
    context.fillStyle = `hsl(${(i * 47) % 360} 30% ${30 + (i * 31) % 50}%)`;
    context.fillRect((i * 97) % 640, (i * 59) % 480, 90, 70);
  }
  const { threads } = await engine.ask("open", { card, place: "processor" });
  await engine.ask("empty", { frames: [await createImageBitmap(canvas)] });
  context.fillStyle = "#5a4030";
  context.fillRect(230, 120, 180, 360);
  globalThis.find = async (frames) => {
    const took = [], look = { kind: "colour", rgb: [10, 90, 60] };
    while (took.length < frames) {
      const frame = await createImageBitmap(canvas);
      const { all_ms, network_ms, size_px } = await engine.ask("find", { frame, shorter_px, look });
      took.push([all_ms, network_ms, ...size_px]);
    }
    return took;
  };
  await find(3);  // the first ones take longer
  return threads;
}"""
_FIND = "frames => find(frames)"


@click.command()
@click.argument("page", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--frames", default=20, show_default=True, type=click.IntRange(1), help="Frames of each measurement.")
def main(page: Path, frames: int) -> None:
    """Print a table of what a frame takes, for each network of a page, each size, and one thread or all."""
    click.echo(f"{describe_machine(page).sentence()}\n")
    click.echo(
        "| network | it sees, px | threads | a frame, ms (least) | the network, ms (least) | its processor time, ms |"
    )
    click.echo("|---|---|---|---|---|---|")
    with browser() as chromium:
        for card in read_json(page / RECORD_FILE)["networks"]:
            for shorter_px in card["sizes_px"]:
                for is_isolated in (False, True):
                    click.echo(measured(chromium, page, card, shorter_px, is_isolated, frames))


def measured(
    chromium: Browser, page: Path, card: dict[str, Any], shorter_px: int, is_isolated: bool, frames: int
) -> str:
    """Return a row of the table; a page that isn't isolated has one thread."""
    with served(page, is_isolated) as address, chromium.new_context(service_workers="block") as context:
        tab = context.new_page()
        tab.goto(address)
        threads = tab.evaluate(_OPEN, [card, shorter_px])
        start_s = workers_s()
        took = tab.evaluate(_FIND, frames)
        each_ms = 1000 * (workers_s() - start_s) / frames
    all_ms, network_ms, rows, columns = zip(*took, strict=True)
    size = f"{columns[0]} × {rows[0]}"
    times = " | ".join(f"{statistics.median(of):.0f} ({min(of):.0f})" for of in (all_ms, network_ms))
    return f"| {Path(card['file']).stem} | {size} | {threads} | {times} | {each_ms:.0f} |"


@contextmanager
def browser(*flags: str) -> Iterator[Browser]:
    """Start a Chromium with some flags more than it needs here."""
    path = shutil.which("chromium")
    if path is None:
        raise Problem("no chromium is there: install one, such as Debian's package chromium")
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=path, args=["--no-sandbox", *flags])


@contextmanager
def served(page: Path, is_isolated: bool) -> Iterator[str]:
    """Serve a page, with the headers that isolate it or without, and yield its address."""
    kept = dict(HEADERS)
    if not is_isolated:
        del HEADERS["Cross-Origin-Opener-Policy"], HEADERS["Cross-Origin-Embedder-Policy"]
    try:
        with page_server(page, 0) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield address_of(server)
            server.shutdown()
            thread.join()
    finally:
        HEADERS.update(kept)


def workers_s() -> float:
    """Return the processor time that the workers of all pages of this process's browser have taken so far."""
    ticks = 0
    for pid in with_children(os.getpid()):
        for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
            try:
                name, _, fields = thread.read_text().partition("(")[2].rpartition(")")
            except OSError:  # it has ended
                continue
            if name == "DedicatedWorker":
                ticks += sum(map(int, fields.split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
