"""The engines of clusters by the names of `--backend`: what runs on each, and what it needs before anything begins."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cluster.dask_cluster import dask_has_gpus, import_distributed, run_on_dask
from bgfg.synth.cluster.ray_cluster import import_ray, ray_has_gpus, run_on_ray


@dataclass(frozen=True)
class Engine:
    """An engine of clusters.

    Attributes:
        require: Raises Problem where it isn't installed.
        run: Runs tasks on the cluster at an address.
        has_gpus: Says whether any worker of that cluster has a GPU to give to tasks.
        address: What an address looks like.
        with_gpus: How workers come to have GPUs to give, for messages.
    """

    require: Callable[[], Any]
    run: Callable[..., Generator[tuple[int, Any]]]
    has_gpus: Callable[[str], bool]
    address: str
    with_gpus: str


CLUSTERS = {
    "dask": Engine(
        import_distributed,
        run_on_dask,
        dask_has_gpus,
        "tcp://10.0.0.5:8786",
        "start a worker a GPU with `dask worker ... --nthreads 1 --resources GPU=1`",
    ),
    "ray": Engine(import_ray, run_on_ray, ray_has_gpus, "10.0.0.5:6379", "start nodes with `ray start --num-gpus 1`"),
}


def require_engine(backend: str, address: str | None) -> None:
    """Raise Problem where what a backend needs isn't installed, or the address of a cluster doesn't go with it."""
    if backend in CLUSTERS:
        CLUSTERS[backend].require()
        if address is None:
            line = f"--backend {backend}: give the cluster too, such as --address {CLUSTERS[backend].address}"
            raise Problem(line, exit_code=2)
    elif address is not None:
        line = f"--address {address}: --backend {backend} is this machine: give --backend {' or '.join(CLUSTERS)}"
        raise Problem(line, exit_code=2)
