"""`bgfg app`: a server on this machine, to look at a corpus, networks and runs in a browser."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import RUN_OR_CORPUS
from bgfg.data_manifests.terminal.cli_types import WORKERS, NamedText
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.data_manifests.terminal.notes import show_note
from bgfg.train.models.shipped import ONNX_SUFFIX

_EXTRA = ("starlette", "uvicorn", "websockets", "jinja2", "av")


@click.command()
@click.argument("paths", nargs=-1, type=RUN_OR_CORPUS, metavar="[CORPUS] [RUN]...")
@click.option(
    "--host",
    type=NamedText(),
    default="127.0.0.1",
    show_default=True,
    help="Address to serve at; any but 127.0.0.1 lets other machines in.",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=8350, show_default=True, help="Port; 0 for a free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@click.option("--threads", type=WORKERS, help="Threads of networks.  [default: one a core]")
def app(paths: tuple[str, ...], host: str, port: int, open_browser: bool, threads: int | None) -> None:
    """Look at a corpus, at what networks see, and at runs side by side, in a browser on this machine.

    CORPUS is a folder or a URL: its pictures by what they show, each with mask and depth, statistics, and what an audit
    finds. RUN is the folder of a run, or an .onnx file, or the URL of either, as it is when the app begins: curves and
    scores side by side; and each is offered, beside the networks that come with bgfg, for pictures, videos and the
    camera. Nothing leaves this machine, and nothing that is given to the pages is kept. Ctrl-C ends it.

    Example: bgfg app corpus runs/first runs/second --open
    """
    _require_extra()
    from bgfg.app.doors import LOCAL_NAMES
    from bgfg.app.networks import Networks
    from bgfg.app.server import bind, make_app, serve

    corpus, runs = _sorted_out(paths)
    networks = Networks([run for run in runs if run.suffix == ONNX_SUFFIX or run.is_dir()], threads)
    is_local = _is_local(host)
    folders = [run for run in runs if run.is_dir()]
    served = make_app(corpus, folders, networks, (*LOCAL_NAMES, host) if is_local else None)
    with bind(host, port) as listening:
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        if not is_local:
            show_note(f"--host {printable(host)}: anybody who reaches this machine can use it, and sees what it shows")
        click.echo(f"{address} (Ctrl-C ends it)")
        serve(served, listening, address, open_browser)


def _require_extra() -> None:
    """Raise Problem where the extra isn't installed, before anything is read."""
    from importlib.util import find_spec

    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise Problem(f"this needs {', '.join(missing)}, which isn't installed: pip install 'bgfg[app]'", exit_code=2)


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sorted_out(paths: tuple[str, ...]) -> tuple[str | None, list[Path]]:
    """Return the corpus among paths, and the runs; raise Problem for what is neither."""
    corpora = [path for path in paths if "://" in path or (Path(path) / "manifest").is_dir()]
    if len(corpora) > 1:
        raise Problem(f"{corpora[1]}: a second corpus, beside {corpora[0]}: give one", exit_code=2)
    runs = [Path(path) for path in paths if path not in corpora]
    for run in runs:
        if not run.exists():
            raise Problem(f"{run}: no such corpus, run or file: check the path", exit_code=2)
    return (corpora[0] if corpora else None), runs
