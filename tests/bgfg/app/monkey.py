"""Random clicks on the pages of the app, by a seed: `python -m tests.bgfg.app.monkey --minutes 20 --seed 1`.

Fails where the server's log or the browser's console has an error, a page asks anybody else for anything, the server
ends, or its memory or the page's grows.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Error, sync_playwright

from bgfg.data_manifests.images.image_writing import save_depth_png, save_jpeg, save_png
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.bgfg.app.test_runs_pages import make_run
from tests.support import references
from tests.support.app_server import ask, fetch, page_of, watched
from tests.support.executors import IN_PROCESS
from tests.support.videos import walk, write_video

ARGUMENTS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
_ACTION_MS = 4_000
_EVERY_S = 15.0
# Memory may grow by so much from the second quarter of the time to the last one: caches, and the allocator's own.
_SERVER_SLACK, _SERVER_SLACK_MB, _PAGE_SLACK_MB = 0.15, 40.0, 12.0
_TEXTS = ("", "1", "-3", "0.5", "9" * 40, "<script>alert(1)</script>", "bg001", "٣", "1,2,3", "'; --", "nan", "\u202ex")
_ADDRESSES = ("/", "/corpus", "/corpus?page=2", "/corpus?depth_from=0.4", "/corpus?shown=depth", "/corpus/statistics",
              "/corpus/findings", "/corpus/sample/7", "/corpus/sample/99999", "/model", "/model", "/model", "/runs",
              "/runs?sheet=1", "/nowhere", "/corpus?flip=x", "/static/../x")  # fmt: skip
_KEYS = ("Tab", "Enter", "ArrowLeft", "ArrowRight", "Space", "Escape", "Home", "End")


def make_files(folder: Path) -> tuple[Path, list[Path], list[Path]]:
    """Make a labelled corpus, two runs, and files to be given to the pages."""
    for name in ("bg", "fg", "depth", "files"):
        (folder / name).mkdir()
    for n in range(4):
        save_png(references.picture(48, 64, n), folder / f"bg/room{n}.png")
        save_depth_png(
            np.add.outer(np.arange(48), np.arange(64)).astype(np.uint16) * 30 + 800, folder / f"depth/room{n}.png"
        )
        save_png(references.cutout(20, 9 + n, n), folder / f"fg/person{n}.png")
    options = PlanOptions(folder / "bg", folder / "fg", folder / "depth", 0.001, 48, 64, 20, 5)
    plan_corpus(folder / "corpus", options, False, 1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    label_corpus(folder / "corpus", "layered", IN_PROCESS)
    save_jpeg(references.picture(240, 320, 1), folder / "files/a.jpg")
    save_png(references.picture(240, 320, 2), folder / "files/<b>.png")
    (folder / "files/none.jpg").write_bytes(b"none")
    write_video(folder / "files/walk.mp4", walk(8))
    runs = [make_run(folder / name, steps) for name, steps in (("first", 8), ("second", 16))]
    return folder / "corpus", runs, sorted((folder / "files").iterdir())


def act(page: Any, address: str, files: list[Path], dice: random.Random) -> str:
    """Do one thing at random, and return what."""
    kinds = {"click": 10, "choose": 4, "write": 4, "press": 3, "go": 2, "give": 3, "back": 1, "size": 1}
    kind = dice.choices([*kinds], [*kinds.values()])[0]
    offered = {"click": "a[href], button, input[type=range], summary", "choose": "select",
               "write": "input:not([type]), input[type=color]", "give": "input[type=file]"}  # fmt: skip
    if kind in offered:
        found = page.locator(offered[kind]).all()
        if kind != "give":
            found = [each for each in found if each.is_visible()]
        if not found:
            return "nothing"
        one = dice.choice(found)
        if kind == "click":
            one.click(timeout=_ACTION_MS)
        elif kind == "choose":
            one.select_option(index=dice.randrange(one.locator("option").count()), timeout=_ACTION_MS)
        elif kind == "write":
            text = dice.choice(_TEXTS) if one.get_attribute("type") is None else f"#{dice.randrange(2**24):06x}"
            one.fill(text, timeout=_ACTION_MS)
        elif one.get_attribute("webkitdirectory") is None:
            some = dice.sample(files, dice.randint(1, 3)) if one.get_attribute("multiple") is not None else files[:1]
            one.set_input_files(some, timeout=_ACTION_MS)
        return kind
    if kind == "press":
        page.keyboard.press(dice.choice(_KEYS))
    elif kind == "go":
        page.goto(address + dice.choice(_ADDRESSES), timeout=30_000)
    elif kind == "back":
        page.go_back(timeout=30_000)
    else:
        page.set_viewport_size({"width": dice.choice((360, 800, 1280)), "height": dice.choice((600, 900))})
    return kind


def memory_mb(process: int) -> float:
    """Return how much of the memory a process has of its own."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def heap_mb(page: Any) -> float:
    """Return how much a page's scripts have in memory, after what is garbage was collected."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["JSHeapUsedSize"]) / 2**20


def warm(address: str, picture: bytes) -> None:
    """Let the server load all that it keeps: both networks, the teacher of depth, the pages of the corpus."""
    for path in ("/corpus", "/corpus/statistics", "/corpus/findings", "/corpus?depth_from=1", "/runs"):
        fetch(address + path)
    view = {"show": "depth", "colour": "#000000", "strength": 1, "align": None}
    with page_of(address) as socket:
        ask(socket, "empty", picture, "empty.jpg")
        for network in ("person", "two_stream"):
            for show in ("depth", "blur"):
                ask(socket, "frame", picture, "a.jpg", view={**view, "network": network, "show": show})


def grown(values: list[float]) -> tuple[float, float]:
    """Return the medians of the second quarter of values and of the last one."""
    quarter = max(1, len(values) // 4)
    return statistics.median(values[quarter : 2 * quarter] or values), statistics.median(values[-quarter:])


@contextmanager
def served(folder: Path, *opened: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `bgfg app` on what is opened, its log in `folder/log`; yield its process and its address."""
    command = [sys.executable, "-m", "bgfg", "app", *map(str, opened), "--port", "0", "--threads", "1"]
    with (folder / "log").open("w") as log, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=log, text=True
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            yield server, server.stdout.readline().split()[0]
        finally:
            server.terminate()


def roam(minutes: float, seed: int, folder: Path) -> list[str]:
    """Click at random for so long; return what is wrong."""
    corpus, runs, files = make_files(folder)
    dice, done, refused = random.Random(seed), Counter[str](), 0
    server_mb: list[float] = []
    page_mb: list[float] = []
    with served(folder, corpus, *runs) as (server, address), sync_playwright() as playwright:
        warm(address, (folder / "files/a.jpg").read_bytes())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page: Any = browser.new_page(base_url=address)
        page.set_default_timeout(_ACTION_MS)
        wrong = watched(page, address)
        page.goto(address, timeout=60_000)
        end_s, next_s = time.monotonic() + 60 * minutes, 0.0
        while time.monotonic() < end_s and server.poll() is None and not page.is_closed():
            try:
                if time.monotonic() > next_s:
                    page.goto(f"{address}/model", timeout=60_000)
                    page_mb.append(heap_mb(page))
                    server_mb.append(memory_mb(server.pid))
                    next_s = time.monotonic() + _EVERY_S
                done[act(page, address, files, dice)] += 1
            except Error as error:  # what was to be clicked has gone or is covered, or another page was on its way
                refused += 1
                if "crash" in str(error).lower():
                    wrong.append(f"the page: {error}")
        browser.close()
        if server.poll() is not None:
            wrong.append(f"the server ended with {server.returncode}")
    wrong += (folder / "log").read_text().splitlines()
    # Pages that aren't there are asked for on purpose, and fields filled with what has no meaning.
    wrong = [line for line in wrong if not line.startswith("Failed to load resource: the server responded with a st")]
    return wrong + _memory(server_mb, page_mb, f"{dict(done)}, {refused} refused")


def _memory(server_mb: list[float], page_mb: list[float], done: str) -> list[str]:
    """Print what was done and how memory went; return what is wrong with that."""
    (server_before, server_after), (page_before, page_after) = grown(server_mb), grown(page_mb)
    told = [f"the server's memory: {server_before:.0f} -> {server_after:.0f} MB",
            f"the page's memory: {page_before:.1f} -> {page_after:.1f} MB"]  # fmt: skip
    print(done, *told, f"{len(server_mb)} times measured", sep="; ", flush=True)
    grew = (
        server_after > server_before * (1 + _SERVER_SLACK) + _SERVER_SLACK_MB,
        page_after > page_before + _PAGE_SLACK_MB,
    )
    return [f"grew: {line}" for line, is_so in zip(told, grew, strict=True) if is_so]


def main() -> None:
    """Roam as the options say; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bgfg-monkey-") as folder:
        wrong = roam(options.minutes, options.seed, Path(folder))
    for line, times in Counter(wrong).most_common(40):
        print(f"{times} x {line}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
