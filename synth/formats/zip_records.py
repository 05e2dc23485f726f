"""The records of a zip file whose members are stored uncompressed: local headers and the central directory.

Source: APPNOTE.TXT 6.3 (PKWARE), with zip64 where a pack has more than 65,535 members or 4 GiB. Members are plain
files, readable by all, dated 1980-01-01: the same members make the same bytes. zipfile writes one file from start to
end; these records let several processes write the pieces of one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_VERSION, _VERSION_ZIP64, _UNIX = 20, 45, 3
_DATE = 1 << 5 | 1  # 1980-01-01
_MODE = 0o100644 << 16
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END_ZIP64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True)
class ZipMember:
    """One member.

    Attributes:
        name: Its path with forward slashes, ASCII.
        crc32: CRC-32 of its content.
        size_bytes: Size of its content, below 4 GiB.
    """

    name: str
    crc32: int
    size_bytes: int

    @classmethod
    def of(cls, name: str, content: bytes) -> ZipMember:
        """Describe a member by its content."""
        return cls(name, zlib.crc32(content), len(content))

    def local_header(self) -> bytes:
        """Return the record that comes right before the content."""
        name = self.name.encode("ascii")
        sizes = (self.crc32, self.size_bytes, self.size_bytes)
        return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _DATE, *sizes, len(name), 0) + name

    def directory_entry(self, offset: int) -> bytes:
        """Return the member's entry in the central directory.

        Args:
            offset: Where its local header starts in the file.
        """
        name = self.name.encode("ascii")
        far = struct.pack("<2HQ", 1, 8, offset) if offset >= _MAX_32 else b""
        sizes = (self.crc32, self.size_bytes, self.size_bytes)
        version = _VERSION_ZIP64 if far else _VERSION
        fixed = _CENTRAL.pack(b"PK\1\2", _VERSION_ZIP64, _UNIX, version, 0, 0, 0, 0, _DATE, *sizes, len(name), len(far),
                              0, 0, 0, _MODE, min(offset, _MAX_32))  # fmt: skip
        return fixed + name + far


def central_directory(members: Iterable[ZipMember]) -> bytes:
    """Return the end of a file that has the headers and contents of these members, in this order, before it."""
    entries, start = [], 0
    for member in members:
        entries.append(member.directory_entry(start))
        start += _LOCAL.size + len(member.name) + member.size_bytes
    size, count = sum(map(len, entries)), len(entries)
    end = b""
    if count >= _MAX_16 or start + size >= _MAX_32:
        end = _END_ZIP64.pack(b"PK\6\6", _END_ZIP64.size - 12, _VERSION_ZIP64, _VERSION_ZIP64, 0, 0, count, count, size,
                              start)  # fmt: skip
        end += _LOCATOR.pack(b"PK\6\7", 0, start + size, 1)
    counts = (min(count, _MAX_16),) * 2
    end += _END.pack(b"PK\5\6", 0, 0, *counts, min(size, _MAX_32), min(start, _MAX_32), 0)
    return b"".join([*entries, end])
