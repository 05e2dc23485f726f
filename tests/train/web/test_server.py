"""The server of a page gives its files, with the headers that isolate it, and nothing else."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.web.server import HEADERS, address_of, page_server


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "page"
    (out / "runtime").mkdir(parents=True)
    (out / "web.json").write_text('{"format": "bgfg-web", "files": ["index.html", "app.js", "runtime/code.wasm"]}')
    for name in ("index.html", "app.js", "runtime/code.wasm", "mine.txt", "../outside.txt"):
        (out / name).write_text(name)
    return out


@pytest.fixture
def server(out: Path) -> Iterator[http.client.HTTPConnection]:
    with page_server(out, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert address_of(server).startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
        yield connection
        connection.close()
        server.shutdown()
        thread.join()


def answer(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[HTTPResponse, str]:
    connection.request(method, path)
    response = connection.getresponse()
    return response, response.read().decode()


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/", "text/html", "index.html"),
        ("/app.js?x=1", "text/javascript", "app.js"),
        ("/runtime/code.wasm", "application/wasm", "runtime/code.wasm"),
    ],
)
def test_its_files_come_with_the_headers_of_an_isolated_page(
    server: http.client.HTTPConnection, path: str, kind: str, text: str
) -> None:
    response, body = answer(server, path)
    assert (response.status, response.getheader("Content-Type"), body) == (200, kind, text)
    assert {name: response.getheader(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path",
    [
        "/mine.txt",
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "//etc/passwd",
        "/runtime/",
        "/runtime",
        "/app.js/",
        "/%00",
    ],
)
def test_nothing_else_is_given(server: http.client.HTTPConnection, path: str) -> None:
    response, body = answer(server, path)
    assert response.status == 404
    assert "outside" not in body


def test_it_takes_no_uploads(server: http.client.HTTPConnection) -> None:
    assert answer(server, "/app.js", "POST")[0].status == 501


def test_a_port_that_is_in_use_is_told(out: Path) -> None:
    with page_server(out, 0) as server, pytest.raises(Problem, match=r"--port \d+: is in use: give another, such as"):
        page_server(out, server.server_address[1])
