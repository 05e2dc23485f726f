"""A headless Chromium that Playwright drives, for tests that look at pages as people do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright


@contextmanager
def playwright() -> Iterator[Playwright]:
    """Start what drives browsers, once for all of them; skip the tests where it isn't installed."""
    found = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed, which drives a browser")
    with found.sync_playwright() as driver:
        yield driver


@contextmanager
def chromium(driver: Playwright, camera: Path | None = None, is_allowed: bool = True) -> Iterator[Browser]:
    """Start a browser; skip the test where there is none.

    Args:
        driver: Of `playwright`.
        camera: MJPEG file that its camera shows over and over; None for no camera.
        is_allowed: Whether pages get the camera when they ask for it; else they are refused.
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    flags = ["--no-sandbox"]
    if camera is not None:
        flags += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
        flags += ["--use-fake-ui-for-media-stream"] * is_allowed
    browser = driver.chromium.launch(executable_path=path, args=flags)
    yield browser
    browser.close()
