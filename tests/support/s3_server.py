"""A server of S3 on this machine, in a process of its own; and the environment by which it is found."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

BUCKET = "pictures"

# What must never be seen in any output.
SECRET = "wJalrXUtnFEMI-this-is-secret"

_SERVE = """
import logging, sys
logging.disable()
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class S3Server:
    """A server that is up.

    Attributes:
        port: Where it listens, on 127.0.0.1.
    """

    port: int

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which clients find it."""
        return environment_of(self.port)


def environment_of(port: int) -> Mapping[str, str]:
    """Return the variables by which clients find a server of S3 at a port of this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }


@contextmanager
def serving_s3() -> Iterator[S3Server]:
    """Serve S3 with one empty bucket for as long as this lasts."""
    process = subprocess.Popen([sys.executable, "-P", "-c", _SERVE], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        server = S3Server(int(process.stdout.readline()))
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/{BUCKET}", method="PUT", data=b"")
        urllib.request.urlopen(request, timeout=30).close()
        yield server
    finally:
        process.kill()
        process.communicate()
