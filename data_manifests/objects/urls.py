"""URLs of object stores: which kinds there are, and what may not stand in one."""

from __future__ import annotations

import re
from os import PathLike, fspath
from urllib.parse import urlsplit

from bgfg.data_manifests.terminal.errors import Problem

# Schemes, and whether what is under them can be listed and written.
SCHEMES = {
    **dict.fromkeys(("s3", "s3a", "gs", "az", "abfs", "abfss", "memory"), True),
    **dict.fromkeys(("http", "https", "file"), False),
}


# A URL that lacks a slash: s3:/bucket/corpus would be a folder here, which nobody means.
_SLASH_LOST = re.compile(rf"({'|'.join(SCHEMES)}):/(?!/)")


def is_url(text: str) -> bool:
    """Say whether a text is a URL, or is to be one, rather than the name of a folder."""
    return "://" in text or _SLASH_LOST.match(text) is not None


def require_no_url(path: str | PathLike[str], instead: str = "give a path") -> None:
    """Raise Problem where a path of this machine is to be, and a URL is; `instead` says what to do about it."""
    if is_url(text := fspath(path)):
        scheme = text.partition(":")[0]  # what follows may be a secret
        raise Problem(f"{scheme}://...: is a URL, where something of this machine is meant: {instead}", exit_code=2)


def plain_url(url: str) -> str:
    """Return a URL without a slash at its end; raise Problem where it is none that objects are kept under."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if _SLASH_LOST.match(url):  # what follows may be a secret
        raise Problem(f"{parts.scheme}:/...: a slash is missing: give {parts.scheme}://BUCKET/PATH", exit_code=2)
    if parts.scheme not in SCHEMES:
        raise Problem(f"{shown}: no kind of store that is known: give {', '.join(SCHEMES)}, or a folder", exit_code=2)
    if "@" in parts.netloc and parts.scheme not in ("abfs", "abfss"):
        where = "in command lines and logs others would read it: give it by the environment, or in the store's own file"
        raise Problem(f"{shown}: has a name or a password before the host; {where}", exit_code=2)
    if parts.query or parts.fragment:
        none = "no URL has these here: give a name without, and credentials, instead of a signature, by the environment"
        raise Problem(f"{shown}: has something behind a ? or a #; {none}", exit_code=2)
    if not parts.netloc and parts.scheme != "file":
        raise Problem(f"{shown}: names no bucket: give {parts.scheme}://BUCKET/PATH", exit_code=2)
    return url.rstrip("/")


def parent_and_name(url: str) -> tuple[str, str]:
    """Return the URL of the folder of an object, and its name there; raise Problem where it is none."""
    above, _, name = plain_url(url).rpartition("/")
    if above.endswith(":/") or not name:
        raise Problem(f"{url}: names no file: give {url.rstrip('/')}/NAME", exit_code=2)
    return above, name


def is_file_key(key: str) -> bool:
    """Say whether a file can have the name that an object has: no part of it is empty, or leads elsewhere."""
    return not {"", ".", ".."} & {*key.split("/")} and "\0" not in key
