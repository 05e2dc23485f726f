"""The pages in Chromium: every tab, filters, a video, the camera, a phone's width, the keyboard, contrast."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
pytest.importorskip("playwright", reason="Playwright isn't installed")
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from tests.bgfg.app.test_runs_pages import make_run
from tests.support import references
from tests.support.accessibility import require_for_everybody
from tests.support.app_server import app_at, watched
from tests.support.videos import walk, write_video

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    # Of Playwright: its own loop and pipes.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

ARGUMENTS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
_ROW = (("thead", "th"), ("tbody", "td"))
_NAMED = "(({name, id, textContent}) => name || id || textContent.trim())(document.activeElement)"
PAGES = ("/corpus", "/corpus/sample/3", "/corpus/statistics", "/corpus/findings", "/model", "/runs", "/none")


@pytest.fixture(scope="module")
def address(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("runs")
    runs = [make_run(folder / name, steps) for name, steps in (("first", 8), ("second", 16))]
    with app_at(labelled, runs) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page, which in the end must not have said anything wrong, nor have asked anybody else."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.grant_permissions(["camera", "clipboard-read", "clipboard-write"])
    page = context.new_page()
    wrong = watched(page, address)
    yield page
    context.close()
    assert [line for line in wrong if "404 (Not Found)" not in line] == []


def test_filters_lead_to_samples_and_samples_to_one_another(page: Any) -> None:
    page.goto("/corpus")
    page.select_option("[name=flip]", "yes")  # applies at once
    page.wait_for_url("**/corpus?*flip=yes*")
    page.fill("[name=placement]", "1")
    page.keyboard.press("Enter")
    page.wait_for_url("**placement=1*")
    shown = page.locator(".thumbnails a")
    assert shown.count() > 0
    shown.first.click()
    page.wait_for_url("**/corpus/sample/*")
    head, body = (page.locator(part).first.locator(cell).all_inner_texts() for part, cell in _ROW)
    row = dict(zip(head, body, strict=True))
    assert (row["flipped"], row["placement"]) == ("True", "1")
    at = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != at)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(at)
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".names code").first.inner_text()
    page.locator("#reveal").fill("60")
    assert "40%" in page.locator(".over").evaluate("image => image.style.clipPath")
    page.locator(".thumbnails a").last.click()
    page.wait_for_url(lambda url: url != at)


def test_depth_is_measured_and_then_selects(page: Any) -> None:
    page.goto("/corpus?depth_from=0.5")
    page.locator(".thumbnails img").first.wait_for(timeout=30_000)


def test_statistics_and_findings_come_by_themselves(page: Any) -> None:
    page.goto("/corpus/statistics")
    page.get_by_text("Where people are seen").wait_for(timeout=30_000)
    page.goto("/corpus/findings")
    page.locator(".findings tbody tr").first.wait_for(timeout=30_000)


def test_pictures_are_shown_as_asked_and_downloaded(page: Any, tmp_path: Path) -> None:
    empty = references.picture(61, 83, 4)
    full = empty.copy()
    full[12:, 30:52] = (200, 30, 40)
    save_png(empty, tmp_path / "empty.png")
    save_jpeg(full, tmp_path / "<b>full.jpg")
    (tmp_path / "none.jpg").write_bytes(b"none")
    page.goto("/model")
    page.set_input_files("#files", [tmp_path / "<b>full.jpg", tmp_path / "none.jpg"])
    page.get_by_role("link", name="Download").wait_for(timeout=30_000)
    assert "<b>full.jpg" in page.locator(".result").inner_text()
    page.locator("#wrong").get_by_text("none.jpg").wait_for()
    page.set_input_files("#files", tmp_path / "<b>full.jpg")
    page.select_option("[name=network]", "two_stream")
    page.locator("#wrong").get_by_text("empty scene").wait_for(timeout=30_000)
    page.set_input_files("#empty", tmp_path / "empty.png")
    page.get_by_role("link", name="Download").wait_for(timeout=30_000)
    page.select_option("[name=show]", "depth")
    page.get_by_role("link", name="in millimetres").wait_for(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith("_depth.png")
    with page.expect_file_chooser():
        page.locator("#folder").evaluate("input => input.click()")


def test_a_video_is_worked_on_and_downloaded(page: Any, tmp_path: Path) -> None:
    write_video(tmp_path / "walk.mp4", walk(6))
    page.goto("/model")
    page.set_input_files("#files", tmp_path / "walk.mp4")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Download").click(timeout=60_000)
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"
    assert os.path.getsize(download.value.path()) > 1000


def test_the_camera_is_shown_with_and_without_an_empty_scene(page: Any) -> None:
    page.goto("/model")
    page.click("#camera")
    page.locator("#rate").get_by_text("frames a second").wait_for(timeout=30_000)
    page.select_option("[name=network]", "two_stream")
    page.locator("#rate").get_by_text("step out").wait_for(timeout=30_000)
    page.click("#take")
    page.locator("#rate").get_by_text("frames a second").wait_for(timeout=30_000)
    page.select_option("[name=show]", "mask")
    page.wait_for_timeout(500)
    assert page.locator("#wrong").is_hidden()
    page.click("#camera")
    assert page.locator("#live").is_hidden()


def test_runs_go_back_and_forth(page: Any) -> None:
    page.goto("/runs")
    page.get_by_role("link", name="Earlier").click()
    page.get_by_text("step 4").wait_for()
    page.get_by_role("link", name="Later").click()
    page.get_by_text("step 16").wait_for()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_a_phone_and_is_for_everybody(page: Any, path: str) -> None:
    require_for_everybody(page, path)


def test_the_keyboard_reaches_all_that_a_page_offers(page: Any) -> None:
    for path in ("/corpus", "/model"):
        page.goto(path)
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate(_NAMED))
        offered = {
            "/corpus": {"background", "flip", "name", "Corpus"},
            "/model": {"network", "show", "files", "camera"},
        }
        assert offered[path] <= reached
