"""The page in a real browser: it finds what `bgfg predict` finds, and nothing leaves the machine."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import bgfg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.web.networks import load_networks
from bgfg.train.web.server import address_of, page_server
from bgfg.train.web.site import make_site
from tests.support.chromium import chromium, playwright
from tests.support.project import SHARED

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright, Worker

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

_PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole page, with the real runtime."""
    if shutil.which("npm") is None:
        pytest.skip("npm isn't installed, which fetches the runtime of pages")
    out = tmp_path_factory.mktemp("web") / "page"
    try:
        make_site(out, load_networks(("two_stream", "person")), None, None, no_progress)
    except Problem as problem:
        if "npm can't fetch" not in str(problem):
            raise
        pytest.skip(str(problem))
    return out


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with page_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address_of(server)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty scene and the same with somebody in it, 320 × 240."""
    folder = tmp_path_factory.mktemp("shots")
    coarse = np.random.default_rng(8).integers(30, 225, (24, 32, 3)).astype(np.uint8)
    empty = cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)
    picture = empty.copy()
    cv2.ellipse(picture, (150, 110), (38, 46), 0, 0, 360, (196, 160, 140), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (95, 160), (205, 239), (40, 60, 150), -1)
    for name, pixels in (
        ("empty", empty),
        ("picture", picture),
        ("small", empty[:200]),
        ("moved", np.roll(empty, 24, 1)),
    ):
        assert cv2.imwrite(str(folder / f"{name}.png"), pixels[..., ::-1])
    (folder / "text.png").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def camera(shots: Path) -> Path:
    """A film of an empty scene into which somebody steps after some seconds."""
    film = shots / "camera.mjpeg"
    noise = np.random.default_rng(0)
    with film.open("wb") as file:
        for frame in range(450):
            pixels = pixels_of(shots / ("empty.png" if frame < 300 else "picture.png")).astype(int)
            noisy = np.clip(pixels + noise.integers(-3, 4, pixels.shape), 0, 255).astype(np.uint8)
            file.write(cv2.imencode(".jpg", noisy)[1].tobytes())
    return film


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    with chromium(driver) as browser:
        yield browser


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Open the page, and wait for its network; at the end, hold it to having asked nobody else and met no error."""
    page = browser.new_page(**options)
    page.set_default_timeout(_PATIENCE_MS)
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    settled(page, "#status:has-text('Ready')")
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((address, "blob:"))] == []
    assert errors == []


def settled(page: Page, there: str) -> str:
    """Wait for something to be there, or an error to be shown; return the text of the latter, "" for none."""
    page.locator(f"{there}, #alarm:visible").first.wait_for()
    return page.inner_text("#alarm")


def saved(page: Page, look: str, path: Path) -> NDArray[np.uint8]:
    """Choose what comes behind, and save the result as people do; return its pixels, BGR or BGRA."""
    page.check(f"[name=look][value={look}]")
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(path)
    return pixels_of(path)


def pixels_of(path: Path) -> NDArray[np.uint8]:
    """BGR, or BGRA where the file has transparency."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)


def predicted(network: str, picture: Path, empty: Path | None = None) -> NDArray[np.uint8]:
    """The mask that `bgfg predict` writes, of a frame of a video where it looks closer at pictures."""
    rgb, *background = (np.ascontiguousarray(pixels_of(path)[..., ::-1]) for path in (picture, empty) if path)
    predictor = bgfg.Predictor(bgfg.load_model(network, threads=1), of_frames=True)
    person = predictor.predict(rgb, next(iter(background), None)).person
    assert person is not None
    return person.mask


def iou(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(((one > 127) & (other > 127)).sum() / ((one > 127) | (other > 127)).sum())


def test_two_shots_give_the_mask_of_predict(browser: Browser, address: str, shots: Path, tmp_path: Path) -> None:
    with opened(browser, address) as page:
        assert page.evaluate("crossOriginIsolated")
        page.set_input_files("#picture", shots / "picture.png")
        page.locator("#hint:has-text('the picture of the empty scene')").wait_for()
        page.set_input_files("#emptyPicture", shots / "empty.png")
        assert settled(page, "#save:enabled") == ""
        mask = saved(page, "mask", tmp_path / "mask.png")[..., 0]
        wanted = predicted("two_stream", shots / "picture.png", shots / "empty.png")
        assert 0.1 < (wanted > 127).mean() < 0.5
        assert iou(mask, wanted) > 0.99
        assert np.abs(mask.astype(int) - wanted).max() <= 2
        cutout = saved(page, "transparent", tmp_path / "cutout.png")
        assert np.abs(cutout[..., 3].astype(int) - wanted).max() <= 2
        green = saved(page, "colour", tmp_path / "green.png")
        assert (green[wanted == 0][:, :3] == (0x5C, 0x7F, 0x1B)).all()
        picture = pixels_of(shots / "picture.png")
        assert (green[wanted == 255][:, :3] == picture[wanted == 255]).all()
        # Behind the person is the empty scene, so that nothing of the person is in the blur.
        blurred = saved(page, "blur", tmp_path / "blur.png")[..., :3].astype(int)
        soft = cv2.GaussianBlur(pixels_of(shots / "empty.png"), (0, 0), 6)
        assert np.abs(blurred - soft)[wanted == 0].mean() < 6
        page.set_input_files("#behindPicture", shots / "small.png")
        page.locator("[name=look][value=picture]:checked").wait_for()


def test_office_people_are_found_as_predict_finds_them(browser: Browser, address: str, tmp_path: Path) -> None:
    office = SHARED / "office"
    if not office.is_dir():
        pytest.skip(f"{office} isn't there")
    backgrounds, cutouts = (sorted((office / kind).iterdir()) for kind in ("bg", "fg"))
    with opened(browser, address) as page:
        for n in (3, 40):
            empty, person = pixels_of(backgrounds[n]), pixels_of(cutouts[n])
            height, width = person.shape[:2]
            picture, alpha = empty.copy(), person[..., 3:] / 255
            part = picture[-height:, 40 : 40 + width]
            part[:] = np.round(part * (1 - alpha) + person[..., :3] * alpha)
            paths = [tmp_path / f"{n}_{name}.png" for name in ("picture", "empty")]
            for path, pixels in zip(paths, (picture, empty), strict=True):
                cv2.imwrite(str(path), pixels)
            page.set_input_files("#emptyPicture", paths[1])
            page.set_input_files("#picture", paths[0])
            page.locator("#save:disabled").wait_for()
            assert settled(page, "#save:enabled") == ""
            assert iou(saved(page, "mask", tmp_path / "mask.png")[..., 0], predicted("two_stream", *paths)) > 0.99


def test_one_shot_gives_the_mask_of_predict(browser: Browser, address: str, tmp_path: Path) -> None:
    portraits = SHARED / "portraits" / "images"
    if not portraits.is_dir():
        pytest.skip(f"{portraits} isn't there")
    portrait = sorted(portraits.iterdir())[0]
    with opened(browser, address) as page:
        page.check("[name=network][value='1']")
        page.set_input_files("#picture", portrait)
        assert settled(page, "#save:enabled") == ""
        mask = saved(page, "mask", tmp_path / "mask.png")[..., 0]
        assert iou(mask, predicted("person", portrait)) > 0.99
        page.check("[name=look][value=blur]")
        assert settled(page, "#save:enabled") == ""


def test_the_camera_shows_another_background(driver: Playwright, address: str, camera: Path, tmp_path: Path) -> None:
    with chromium(driver, camera) as browser, opened(browser, address) as page:
        page.click("#camera")
        assert settled(page, "#take:enabled") == ""
        assert "Step out of the picture" in page.inner_text("#hint")
        page.click("#take")
        page.locator("#countdown:has-text('3')").wait_for()
        assert settled(page, "#speed:has-text('frames a second')") == ""
        page.wait_for_timeout(3000)
        found = re.fullmatch(r"([\d.]+) frames a second · \d+×\d+ px · \d+ ms, .*", page.inner_text("#speed"))
        assert found is not None
        assert float(found[1]) > 0
        assert saved(page, "transparent", tmp_path / "frame.png").shape[2] == 4
        page.click("#camera")
        page.locator("#camera:has-text('Start')").wait_for()
        assert page.locator("#save").is_disabled()
        assert page.inner_text("#speed") == ""
        assert page.evaluate("document.querySelectorAll('video').length") == 0
        page.click("#camera")  # and once more
        assert settled(page, "#take:enabled") == ""


def test_what_goes_wrong_is_shown(browser: Browser, address: str, shots: Path) -> None:
    with opened(browser, address) as page:
        page.click("#camera")
        page.locator("#alarm:has-text('There is no camera')").wait_for()
        page.set_input_files("#picture", shots / "text.png")
        page.locator("#alarm:has-text('text.png: is no picture that this browser can read')").wait_for()
        page.set_input_files("#picture", shots / "picture.png")
        page.set_input_files("#emptyPicture", shots / "small.png")
        page.locator("#alarm:has-text('The empty scene has 320×200 px, the picture 320×240')").wait_for()
        assert page.locator("#save").is_disabled()
        page.set_input_files("#emptyPicture", shots / "moved.png")
        page.locator("#motion:has-text('The camera has moved, some 2')").wait_for()
        page.set_input_files("#emptyPicture", shots / "empty.png")  # and goes on
        page.locator("#motion").wait_for(state="hidden")
        page.locator("#save:enabled").wait_for()
        assert page.locator("#alarm").is_hidden()


def test_a_camera_that_is_refused_is_told(driver: Playwright, address: str, camera: Path) -> None:
    with chromium(driver, camera, is_allowed=False) as browser:
        page = browser.new_page()
        page.goto(address)
        page.locator("#status:has-text('Ready')").wait_for(timeout=_PATIENCE_MS)
        page.click("#camera")
        page.locator("#alarm:has-text('The camera was refused. Allow it beside the address')").wait_for()


def test_neither_page_nor_worker_can_ask_another_server(browser: Browser, address: str) -> None:
    with elsewhere() as (other, asked), opened(browser, address) as page:
        assert [each.evaluate(asking(other)) for each in (page, worker_of(page))] == ["refused", "refused"]
    assert asked == []


def asking(address: str) -> str:
    return f"fetch('{address}', {{mode: 'no-cors'}}).then(() => 'answered', () => 'refused')"


def worker_of(page: Page) -> Worker:
    """The page's own worker; those of the runtime's threads wait for work, and answer nobody."""
    [worker] = [worker for worker in page.workers if worker.url.endswith("/worker.js")]
    return worker


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another server on this machine; yields its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
        server.shutdown()
        thread.join()


def test_on_any_server_of_files_a_service_worker_isolates_the_page(browser: Browser, folder: Path) -> None:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_given: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, elsewhere() as (other, asked):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with opened(browser, f"http://127.0.0.1:{server.server_address[1]}/") as page:
            assert page.evaluate("crossOriginIsolated")
            assert worker_of(page).evaluate(asking(other)) == "refused"
        server.shutdown()
        thread.join()
    assert asked == []


def test_opened_as_a_file_it_says_what_to_do(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    page.locator("#asleep:visible").wait_for(timeout=_PATIENCE_MS)
    assert "python -m http.server" in page.inner_text("#asleep")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_goes_by_keyboard(browser: Browser, address: str, shots: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python isn't installed")
    size = {"width": 360, "height": 740}
    with opened(browser, address, viewport=size, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_input_files("#emptyPicture", shots / "empty.png")
        page.set_input_files("#picture", shots / "picture.png")
        assert settled(page, "#save:enabled") == ""
        page.click("summary")
        found = axe.Axe().run(page)  # names of controls, contrast, headings and landmarks
        assert found.violations_count == 0, found.generate_report()
        reached = set()
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.name"))
        assert {"network", "camera", "picture", "emptyPicture", "look", "colour"} <= reached
        page.focus("[name=look]:checked")
        page.keyboard.press("ArrowRight")
        assert page.is_checked("[name=look][value=picture]")
