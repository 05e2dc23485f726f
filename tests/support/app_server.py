"""The app on a port of its own, in this process, and a page's end of its socket."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from bgfg.app.doors import LOCAL_NAMES
from bgfg.app.messages import MESSAGE_BYTES, pack, unpack
from bgfg.app.networks import Networks
from bgfg.app.server import bind, make_app


@contextmanager
def app_at(corpus: str | Path | None = None, runs: Sequence[Path] = ()) -> Iterator[str]:
    """Serve the app for as long as this lasts, and yield its address."""
    app = make_app(None if corpus is None else str(corpus), runs, Networks(runs, threads=1), LOCAL_NAMES)
    with bind("127.0.0.1", 0) as listening:
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws_max_size=MESSAGE_BYTES)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def fetch(address: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Return status, text and headers of what is at an address; nothing is followed but redirects."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode("utf-8", "replace"), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace"), dict(error.headers)


@contextmanager
def page_of(address: str, **options: Any) -> Iterator[Any]:
    """Open the socket of a page of networks."""
    from websockets.sync.client import connect

    with connect(f"{address.replace('http', 'ws')}/model/socket", max_size=None, **options) as socket:
        yield socket


def ask(
    socket: Any, what: str, payload: bytes = b"", name: str = "", **said: Any
) -> list[tuple[dict[str, Any], bytes]]:
    """Send a message and return its answers, the last of which is a result, an error or that something was taken."""
    socket.send(pack({"what": what, "name": name, **said}, payload))
    answers = []
    while True:
        answers.append(unpack(socket.recv()))
        told = answers[-1][0]
        if told["what"] != "progress" and not (told["what"] == "part" and "of" not in told):
            return answers


def watched(page: Any, address: str) -> list[str]:
    """Return a list that grows by all that a page of Playwright says that is wrong, or asks of others than the app."""
    wrong: list[str] = []

    def hear(said: Any) -> None:
        if said.type in ("error", "warning"):
            wrong.append(said.text)

    def see(asked: Any) -> None:
        if not asked.url.startswith((address, "data:", "blob:")):
            wrong.append(f"asked for {asked.url}")

    def dismiss(dialog: Any) -> None:
        wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", hear)
    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", see)
    return wrong
