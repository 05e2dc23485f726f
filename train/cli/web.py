"""`bgfg web`: a page that finds people in a browser, as a folder of static files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from bgfg.data_manifests.places.place_type import FILE_PLACE, NETWORK_NAME, ResultsPlace
from bgfg.data_manifests.terminal.cli_types import LOOK_SIDE
from bgfg.data_manifests.terminal.errors import bgfg_command, counted, printable
from bgfg.data_manifests.terminal.stops import Stopped
from bgfg.train.models.shipped import SHIPPED_MODELS


@click.command()
@click.argument("out", type=ResultsPlace())
@click.option(
    "--network",
    "networks",
    multiple=True,
    type=NETWORK_NAME,
    default=SHIPPED_MODELS,
    help="A network that comes with bgfg, an .onnx file of bgfg, a run or a checkpoint; may be given several times.  "
    f"[default: {' and '.join(SHIPPED_MODELS)}]",
)
@click.option("--size", "size_px", type=LOOK_SIDE, metavar="PX",
              help="Shorter side of what the network looks at.  [default: as predict of frames, for the camera the "
                   "largest that reaches ten frames a second]")  # fmt: skip
@click.option("--runtime", type=FILE_PLACE,
              help="onnxruntime-web, which runs the network: a folder or a tarball.  [default: by npm]")  # fmt: skip
@click.option("--serve", is_flag=True, help="Serve the page on this machine until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True,
              help="Port of --serve; 0 for any that is free.")  # fmt: skip
def web(
    out: Path, networks: tuple[str, ...], size_px: int | None, runtime: Path | None, serve: bool, port: int
) -> None:
    """Make a page that finds people and puts another background behind them, in the browser alone.

    OUT is a folder of static files for any web server: the page, the networks and ONNX Runtime. It takes a camera or
    pictures, and two shots (the empty scene, then you) or one; no picture leaves the machine of who looks at it. The
    same command again makes it anew.

    Example: bgfg web page --serve
    """
    from bgfg.data_manifests.terminal.progress import show_progress
    from bgfg.train.web.networks import load_networks
    from bgfg.train.web.server import address_of, page_server
    from bgfg.train.web.site import make_site

    files = make_site(out, load_networks(networks), size_px, runtime, show_progress)
    size = sum(file.stat().st_size for file in files)
    click.echo(f"{printable(str(out))}: {counted(len(files), 'file')}, {size / 1e6:.1f} MB")
    if not serve:
        again = [] if networks == SHIPPED_MODELS else [word for name in networks for word in ("--network", name)]
        click.echo(f"Next: {bgfg_command('web', out, *again, '--serve')}, or put the folder on any web server")
        return
    with page_server(out, port) as server:
        click.echo(f"{address_of(server)} (Ctrl-C ends it)")
        with suppress(Stopped):  # which is how a server ends
            server.serve_forever()
