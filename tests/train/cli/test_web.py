"""`bgfg web` makes a page, says what comes next, and serves it until it is stopped."""

from __future__ import annotations

import signal
import threading
import urllib.request
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg.data_manifests.terminal.stops import Stopped
from bgfg.train.cli.web import web
from bgfg.train.web import server, site
from tests.support.web_page import runtime_folder, tiny_package


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A call that makes a page with a runtime of a few bytes."""
    monkeypatch.setattr(site, "make_site", partial(site.make_site, package=tiny_package()))
    return [str(tmp_path / "page"), "--network", "two_stream", "--runtime", str(runtime_folder(tmp_path / "runtime"))]


def test_it_says_what_it_made_and_what_comes_next(tmp_path: Path, words: list[str]) -> None:
    done = CliRunner().invoke(web, [*words, "--size", "128"], catch_exceptions=False)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    sizes = [path.stat().st_size for path in (tmp_path / "page").rglob("*") if path.is_file()]
    assert lines[0] == f"{tmp_path / 'page'}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB"
    assert (
        lines[1]
        == f"Next: `bgfg web {tmp_path / 'page'} --network two_stream --serve`, or put the folder on any web server"
    )
    assert '"size_px": 128' in (tmp_path / "page/web.json").read_text()


def test_it_serves_until_it_is_stopped(tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[bytes] = []

    def stop(_signal: int, _frame: object) -> None:
        raise Stopped

    def visit(given: ThreadingHTTPServer) -> None:
        got.append(urllib.request.urlopen(server.address_of(given), timeout=20).read())
        signal.raise_signal(signal.SIGUSR1)

    def serve(out: Path, port: int) -> ThreadingHTTPServer:
        made = page_server(out, port)
        threading.Thread(target=visit, args=(made,)).start()
        return made

    page_server = server.page_server
    monkeypatch.setattr(server, "page_server", serve)
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        done = CliRunner().invoke(web, [*words, "--serve", "--port", "0"], catch_exceptions=False)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (done.exit_code, "(Ctrl-C ends it)" in done.stdout) == (0, True)
    assert got == [(tmp_path / "page/index.html").read_bytes()]
