"""Clusters of this machine and a store that their workers reach, started when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.support.dask_processes import DaskProcesses, dask_processes
from tests.support.ray_processes import RayProcesses, ray_processes


@pytest.fixture(scope="package")
def server_of_s3() -> Iterator[Mapping[str, str]]:
    """A server of S3; gives the variables by which it is found."""
    pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")
    from tests.support.s3_server import serving_s3

    with serving_s3() as server:
        yield server.environment


@pytest.fixture
def s3(server_of_s3: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process finds the server of S3 too."""
    for name, value in server_of_s3.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="package")
def dask(server_of_s3: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A Dask cluster of two workers, of which the first says that it has a GPU."""
    pytest.importorskip("distributed", reason="the extra [dask] isn't installed")
    folder = tmp_path_factory.mktemp("dask")
    with dask_processes(folder, workers=2, with_gpu=1, environment=server_of_s3) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def ray(server_of_s3: Mapping[str, str]) -> Iterator[RayProcesses]:
    """A Ray cluster of a head and a node, which says that it has a GPU."""
    pytest.importorskip("ray", reason="the extra [ray] isn't installed")
    with ray_processes(server_of_s3) as cluster:
        cluster.add_node(gpus=1)
        yield cluster
