"""An array of the group data.zarr, opened by zarr-python and held to its layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bgfg.synth.store.layout import ArrayLayout

if TYPE_CHECKING:
    import zarr

# What decides nothing about pixels: dimensions had other names in earlier corpora, and attributes are for other
# readers; `verify` holds both to what bgfg writes.
_FREE = ("dimension_names", "attributes")


class DamagedMetadata(ValueError):
    """Metadata that aren't those of an array's layout, or can't be read."""


def open_array(group: zarr.Group, layout: ArrayLayout) -> Any:
    """Open an array; all that decides how its bytes are read is as bgfg writes it.

    Args:
        group: The group data.zarr.
        layout: How the array lies on disk.

    Raises:
        KeyError: There is no such array.
        DamagedMetadata: Its metadata are damaged, or another array's: a flipped bit would give other pixels.
        OSError: The storage can't be read.
    """
    import zarr
    from zarr.storage import MemoryStore

    try:
        found = group[layout.name]
    except (KeyError, OSError):
        raise
    except Exception as error:  # of any kind, since zarr-python takes metadata for what they should be
        raise DamagedMetadata(f"can't be read ({first_words(error)})") from error
    if not isinstance(found, zarr.Array):
        raise DamagedMetadata("not an array, as the manifest says")
    expected = layout.create(zarr.create_group(MemoryStore()))
    stored, written = (each.metadata.to_dict() for each in (found, expected))
    different = [name for name in written if name not in _FREE and stored.get(name) != written[name]]
    if different:
        raise DamagedMetadata(f"not the array that the manifest says (other {', '.join(sorted(different))})")
    return found


def first_words(error: Exception) -> str:
    """Return the beginning of what zarr-python says of metadata, in one line; else the name of the error's class."""
    return " ".join(str(error).split())[:200] or type(error).__name__
