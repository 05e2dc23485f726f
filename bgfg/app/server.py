"""The server of the app: its routes, its failures as pages, and its beginning and end."""

from __future__ import annotations

import logging
import socket
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio.from_thread
import uvicorn
from anyio.lowlevel import current_token
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from bgfg.app.doors import Doors
from bgfg.app.messages import MESSAGE_BYTES, pack, unpack
from bgfg.app.networks import Networks
from bgfg.app.pages import Pages
from bgfg.app.session import Session
from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.stops import Stopped

_STATIC = Path(__file__).with_name("static")
_log = logging.getLogger(__name__)


def make_app(corpus: str | None, runs: Sequence[Path], networks: Networks, names: tuple[str, ...] | None) -> Starlette:
    """Return the app, to be served.

    Args:
        corpus: Folder or URL of the corpus that is looked at; None for none.
        runs: Folders of the runs that are looked at.
        networks: What is offered under Model.
        names: Names by which the server may be called; None for any.
    """
    pages = Pages(corpus, runs, networks.names)

    async def home(_request: Request) -> Response:
        return RedirectResponse("/corpus" if corpus else "/runs" if runs else "/model")

    async def show(request: Request) -> Response:
        html = await run_in_threadpool(pages.show, request.url.path, request.query_params)
        return Response(html, media_type="text/html")

    async def failed(request: Request, error: Exception) -> Response:
        text, status = _told(error)
        return Response(pages.failure(request.url.path, text), status, media_type="text/html")

    return Starlette(
        routes=[
            Route("/", home),
            WebSocketRoute("/model/socket", partial(_talk, networks)),
            Mount("/static", StaticFiles(directory=_STATIC)),
            Route("/{path:path}", show),
        ],
        middleware=[Middleware(Doors, names=names)],
        exception_handlers={Problem: failed, OSError: failed, HTTPException: failed, Exception: failed},
    )


async def _talk(networks: Networks, websocket: WebSocket) -> None:
    """Answer the messages of a page, one after the other, until it is closed; what it sent is forgotten then."""
    here = current_token()  # a video is worked on by several threads

    def send(said: dict[str, Any], payload: bytes) -> None:
        anyio.from_thread.run(websocket.send_bytes, pack(said, payload), token=here)

    await websocket.accept()
    session = Session(networks, send)
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            said, payload = unpack(message.get("bytes") or b"")
            try:
                await run_in_threadpool(session.answer, said, payload)
            except WebSocketDisconnect:
                raise
            except Exception as error:
                _log.exception("a message failed")
                text, _ = _told(error)
                await websocket.send_bytes(pack({"what": "error", "of": said.get("what"), "text": text}))
    except Problem as problem:
        await websocket.send_bytes(pack({"what": "error", "text": str(problem)}))
        await websocket.close()
    except WebSocketDisconnect:
        pass  # the page was closed
    finally:
        session.close()


def _told(error: Exception) -> tuple[str, int]:
    """Return what a page says of a failure, and its status."""
    match error:
        case Problem():
            return str(error), 409
        case HTTPException():
            return error.detail, error.status_code
        case OSError():
            return call_line(error), 500
    return f"unexpected {type(error).__name__}: {error}; please report it", 500


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise Problem where the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        line = f"--host {host}, --port {port}: can't be served there ({why}): give another --port, or 0 for a free one"
        raise Problem(line, exit_code=2) from error


def serve(app: Starlette, listening: socket.socket, address: str, open_browser: bool) -> None:
    """Serve the app until Ctrl-C.

    Args:
        app: What answers.
        listening: A socket of `bind`.
        address: Its URL.
        open_browser: Whether to open it in a browser.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws_max_size=MESSAGE_BYTES + 2**20,
        timeout_graceful_shutdown=3,
    )
    if open_browser:
        webbrowser.open(address)  # who asks waits in the queue of the socket
    # Uvicorn ends at a signal as it should, and raises it again in the end: this is how an app is meant to end.
    with suppress(Stopped):
        uvicorn.Server(config).run(sockets=[listening])
