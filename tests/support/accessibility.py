"""What keeps people out of a page: axe finds it, in Chromium, in light and dark, on a phone and on a screen."""

from __future__ import annotations

from typing import Any

import pytest


def require_for_everybody(page: Any, address: str) -> None:
    """Fail where a page is wider than a phone, or axe finds something wrong with it in light or dark."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python isn't installed")
    for scheme, width_px in (("light", 390), ("dark", 1280)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width_px, "height": 844})
        page.goto(address)
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        found = axe.Axe().run(page).response["violations"]
        wrong = [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found]
        assert not wrong, (scheme, wrong)
