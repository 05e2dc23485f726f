"""Measure obstore against fsspec's drivers: ranges of bytes over a link of 50 ms, and uploads of shards to S3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from benchmarks.far_server import serving
from benchmarks.run_command import run_command
from benchmarks.timing import ROOT, MedianRange, measure_in_turns

_THREADS, _RANGES, _UPLOADS = 32, 1_500, 4
_OBJECT_BYTES, _SHARD_BYTES = 60_000_000, 50 * 2**20

# What a contestant runs: its library opens a URL, then reads ranges or writes objects. It says what that took.
_CLIENT = """
import json, os, sys, time
from concurrent.futures import ThreadPoolExecutor
library, what, url, count, size, threads = sys.argv[1:4] + [int(word) for word in sys.argv[4:]]
if library == "obstore":
    import obstore
    store = obstore.store.from_url(url, client_options={"allow_http": True})
    read = lambda start: bytes(obstore.get_range(store, "x", start=start, length=size))
    write = lambda name, data: obstore.put(store, name, data)
else:
    import fsspec
    files, root = fsspec.core.url_to_fs(url)
    read = lambda start: files.cat_file(f"{root}/x", start=start, end=start + size)
    write = lambda name, data: files.pipe_file(f"{root}/{name}", data)
data = os.urandom(2**20) * (size // 2**20)
def work(number):
    if what == "write":
        write(f"{library}-{number}", data)
    else:
        assert len(read(number * 102_947 % 50_000_000)) == size
with ThreadPoolExecutor(threads) as pool:
    list(pool.map(work, range(threads)))
    began, spent = time.perf_counter(), sum(os.times()[:2])
    list(pool.map(work, range(count)))
    wall_s, cpu_s = time.perf_counter() - began, sum(os.times()[:2]) - spent
print(json.dumps([count / wall_s, 1000 * cpu_s / count]))
"""


def measured(
    python: Path, library: str, what: str, url: str, numbers: tuple[int, int, int], given: Mapping[str, str]
) -> tuple[float, float]:
    """Run a contestant; return how many a second, and ms of processor time for each."""
    words = [str(python), "-P", "-c", _CLIENT, library, what, url, *map(str, numbers)]
    done = subprocess.run(words, cwd=ROOT, env=dict(given), capture_output=True, text=True, check=True)
    rate, cost_ms = json.loads(done.stdout)
    return rate, cost_ms


@click.command()
@click.option("--peer-python", type=Path, default=Path(sys.executable), help="An interpreter that has s3fs, aiohttp.")
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1))
def main(peer_python: Path, repeats: int) -> None:
    """Measure both in turns, and print a line for each job and library."""
    from tests.support.s3_server import BUCKET, serving_s3

    pythons = {"obstore": Path(sys.executable), "fsspec": peer_python}
    costs: dict[str, list[float]] = {}

    def run(job: str, library: str, arguments: tuple[str, str, tuple[int, int, int], Mapping[str, str]]) -> float:
        rate, cost_ms = measured(pythons[library], library, *arguments)
        costs.setdefault(f"{job}, {library}", []).append(cost_ms)
        return rate

    data = bytes(_OBJECT_BYTES)
    with serving(lambda _path: data) as far, serving_s3() as s3:
        plain = dict(os.environ)
        of_s3 = plain | dict(s3.environment) | {"AWS_DEFAULT_REGION": "us-east-1"}
        jobs: dict[str, tuple[str, str, tuple[int, int, int], Mapping[str, str]]] = {
            "ranges of 3 kB": ("read", far, (_RANGES, 3_000, _THREADS), plain),
            "ranges of 200 kB": ("read", far, (_RANGES, 200_000, _THREADS), plain),
            "shards of 50 MiB": ("write", f"s3://{BUCKET}/p", (_UPLOADS, _SHARD_BYTES, 1), of_s3),
        }
        contestants: dict[str, Callable[[], float]] = {
            f"{job}, {library}": partial(run, job, library, arguments)
            for job, arguments in jobs.items()
            for library in pythons
        }
        rates = measure_in_turns(contestants, repeats)
    for name, values in rates.items():
        rate, cost = MedianRange.of(values), MedianRange.of(costs[name])
        spent = f"{cost.median:.2f} ms of processor time each ({cost.least:.2f} to {cost.most:.2f})"
        click.echo(f"{name}: {rate.median:,.1f}/s, {spent}")


if __name__ == "__main__":
    run_command(main, "stopped: nothing is kept, begin anew")
