"""The threshold from which alpha counts as opaque, and a mask as set."""

from __future__ import annotations

OPAQUE_U8 = 128
