"""Options and steps that several commands of making a corpus share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bgfg.data_manifests.terminal.cli_types import WORKERS, ClusterAddress, F, combine_options
from bgfg.data_manifests.terminal.errors import counted, first_few, lines_by_reason, printable
from bgfg.data_manifests.terminal.progress import show_progress
from bgfg.synth.store.shard_slice import ShardSlice

if TYPE_CHECKING:
    from bgfg.synth.verify.audit import AuditReport

# Findings of one check that are printed; of the rest there is only the number.
_LINES_PER_CHECK = 20

BACKENDS = ("loky", "threading")

CLUSTERS = ("dask", "ray")  # as engines.py has them, which the command line need not wait for
_WORKERS_OPTION = click.option(
    "--workers", type=WORKERS, help="How many processes or threads work.  [default: one a core]"
)

executor_options = combine_options(
    _WORKERS_OPTION,
    click.option(
        "--backend",
        type=click.Choice(BACKENDS),
        default="loky",
        show_default=True,
        help="What works, in joblib's words: processes (loky) or threads (threading).",
    ),
)


class SliceType(click.ParamType):
    """A slice of the shards, `3/16`."""

    name = "slice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ShardSlice:
        """Parse the text of the option."""
        number, _, count = str(value).partition("/")
        if not all(re.fullmatch("[0-9]{1,6}", part) for part in (number, count)) or not 1 <= int(number) <= int(count):
            self.fail(f"{value!r}: give a number from 1 and how many slices there are, such as 3/16", param, ctx)
        return ShardSlice(int(number), int(count))


def slice_option(about: str) -> Callable[[F], F]:
    """Return the option of a slice of the shards; about: what is said of the others."""
    words = f"Only the I-th of N slices of the shards; {about}"
    return click.option("--shards", "which", type=SliceType(), metavar="I/N", help=words)


address_option = click.option(
    "--address",
    type=ClusterAddress(),
    metavar="URL",
    help="Where the cluster answers, such as tcp://10.0.0.5:8786 (bgfg[dask]) or 10.0.0.5:6379 (bgfg[ray]).",
)

# Of commands whose work a cluster can do.
cluster_options = combine_options(
    _WORKERS_OPTION,
    click.option(
        "--backend",
        type=click.Choice([*BACKENDS, *CLUSTERS]),
        default="loky",
        show_default=True,
        help="What works: processes (loky) or threads (threading) of this machine, or a cluster (dask, ray).",
    ),
    address_option,
)


def make_executor(workers: int | None, backend: str, address: str | None = None) -> Any:
    """Return the executor that the options ask for, all cores by default, with progress shown.

    Raises:
        Problem: The options don't go together, or what the backend needs isn't installed.
    """
    from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
    from bgfg.data_manifests.machine.semaphores import clear_semaphores
    from bgfg.synth.cluster.engines import require_engine
    from bgfg.synth.compose.executor import Executor

    require_engine(backend, address)
    clear_semaphores()
    return Executor(workers or usable_cpu_count(), backend, show_progress, address or "")


def print_remarks(notes: Sequence[str], warnings: Sequence[str], left_out: Sequence[tuple[str, str]]) -> None:
    """Print what was noticed about pictures, and which were left out, on stderr."""
    for note in notes:
        click.echo(f"Note: {printable(note)}", err=True)
    for warning in warnings:
        click.echo(f"Warning: {printable(warning)}", err=True)
    for line in lines_by_reason(left_out):
        click.echo(f"Left out: {printable(line)}", err=True)


def print_fixes(done: Mapping[str, Sequence[str]]) -> None:
    """Print a line for each thing that was done to cut-outs, on stderr; done: what was done to each file."""
    actions = dict.fromkeys(action for actions in done.values() for action in actions)
    files = {action: [file for file, actions in done.items() if action in actions] for action in actions}
    for action, names in files.items():
        click.echo(printable(f"Fixed: {action}: {counted(len(names), 'cut-out')} ({first_few(names)})"), err=True)


def print_splits(assets: Sequence[Any]) -> None:
    """Print a line for each kind among assets: how many are in which split, and which are near-duplicates."""
    for kind in ("background", "cutout"):
        if originals := [a for a in assets if a.kind == kind and a.flip_of is None]:
            click.echo(_splits(kind, originals))


def _splits(kind: str, assets: Sequence[Any]) -> str:
    counts = ", ".join(f"{sum(a.split == split for a in assets)} {split}" for split in ("train", "val", "test"))
    first = {asset.id: asset.file for asset in assets}
    repeats = [
        f"{asset.file} of {first.get(asset.group, 'one that is there')}" for asset in assets if asset.id != asset.group
    ]
    near = f"; near-duplicates, kept in one split: {printable(first_few(repeats))}" if repeats else ""
    return f"{kind.replace('cutout', 'cut-out')}s: {counts}{near}"


def print_audit(report: AuditReport) -> None:
    """Print an audit as lines for people.

    Raises:
        SystemExit: There are errors; exit code 1.
    """
    from bgfg.data_manifests.terminal.findings import findings_as_lines, has_errors

    for line in findings_as_lines(report.findings, _LINES_PER_CHECK):
        click.echo(line)
    if has_errors(report.findings):
        raise SystemExit(1)
