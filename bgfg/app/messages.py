"""Messages between the page of networks and the server: what is said, as JSON, and the bytes that it is about."""

from __future__ import annotations

import json
import struct
from typing import Any

from bgfg.data_manifests.files.json_form import parse_json
from bgfg.data_manifests.terminal.errors import Problem

# Most of a message, and of a part of a video within one.
MESSAGE_BYTES, PART_BYTES = 2**26, 2**22

# Of the JSON in front, big-endian.
_LENGTH = struct.Struct(">I")


def pack(said: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return a message: the length of its JSON, the JSON, and the payload."""
    head = json.dumps(said).encode()
    return _LENGTH.pack(len(head)) + head + payload


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what a message of `pack` says, and its payload; raise Problem where it is none."""
    try:
        (length,) = _LENGTH.unpack_from(message)
        if length > len(message) - _LENGTH.size:
            raise ValueError("cut short")
        said = parse_json(message[_LENGTH.size : _LENGTH.size + length])
    except (struct.error, ValueError) as error:
        raise Problem(f"a message that isn't one of this page ({error}): load the page again") from error
    if not isinstance(said, dict):
        raise Problem("a message that isn't one of this page: load the page again")
    return said, message[_LENGTH.size + length :]
