"""A server of S3 behind a proxy that fails, what commands begin from in it, and what they leave there."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.objects.object_store import ObjectStore
from tests.faults.trees import Tree, digest_of
from tests.support.fault_proxy import FaultProxy, proxying
from tests.support.s3_server import BUCKET, environment_of, serving_s3
from tests.support.stored_corpus import contents, remove, upload

_URL = f"s3://{BUCKET}/round"


class Store:
    """A store that commands work on through a proxy.

    Attributes:
        url: What stands for STORE in their lines.
        proxy: What fails.
        environment: By what they find it.
    """

    def __init__(self, proxy: FaultProxy) -> None:
        self.url, self.proxy = _URL, proxy
        self.environment: Mapping[str, str] = environment_of(proxy.port)

    def begin(self, folder: Path, names: Sequence[str]) -> None:
        """Make the store hold some of the folders in a folder, which go from there, and nothing else."""
        self.heal()
        remove(self.url)
        for name in names:
            upload(folder / name, f"{self.url}/{name}")
            ObjectStore(f"{self.url}/{name}").delete([".lock"])
            shutil.rmtree(folder / name)

    def tree(self) -> Tree:
        """Return digests of what it holds."""
        return {f"STORE/{key}": digest_of(Path(key).name, data) for key, data in contents(self.url).items()}

    def fail(self, at: int, fault: str, times: int = 1) -> None:
        """Let requests from number `at` on fail, so many of them."""
        self.heal()
        self.proxy.faults.extend([*[""] * (at - 1), *[fault] * times])

    def heal(self) -> None:
        """Let no request fail any more, and count them anew."""
        self.proxy.faults.clear()
        self.proxy.requests = 0


@contextmanager
def faulty_store(pid_file: Path) -> Iterator[Store]:
    """Serve a store, in whose proxy the command dies whose process number a file has; this process reaches it too."""
    with serving_s3() as server, proxying(server.port) as proxy:
        proxy.kill = lambda: os.killpg(int(pid_file.read_text()), signal.SIGKILL)
        os.environ.update(environment_of(server.port))
        yield Store(proxy)
