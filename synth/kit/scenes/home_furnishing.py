"""Furnishing of homes: which pieces each kind of corner gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bgfg.synth.kit.scenes import home_pieces as pieces
from bgfg.synth.kit.scenes.room_builder import RoomBuilder

FurnishFunction = Callable[[RoomBuilder], None]


@dataclass(frozen=True)
class HomeKind:
    """How a kind of corner is furnished; every function places a piece where there is room for it.

    Attributes:
        required: What is placed first, in this order.
        optional: What may follow, in any order.
        min_optional: How many of the optional ones there are at least.
        max_optional: How many of the optional ones there are at most.
    """

    required: tuple[FurnishFunction, ...]
    optional: tuple[FurnishFunction, ...]
    min_optional: int
    max_optional: int


_ANYWHERE: tuple[FurnishFunction, ...] = (
    pieces.hang_picture_or_shelf,
    pieces.place_plant,
    pieces.place_lamp,
    pieces.place_floor_item,
    pieces.place_chest,
    pieces.place_bookcase,
    pieces.place_chair,
    pieces.place_radiator,
    pieces.place_door,
)
HOME_KINDS: dict[str, HomeKind] = {
    "seat": HomeKind(
        (pieces.lay_rug, pieces.place_armchair), (*_ANYWHERE, pieces.place_side_table, pieces.place_footstool), 2, 9
    ),
    "window": HomeKind(
        (pieces.place_armchair,),
        (
            *_ANYWHERE,
            pieces.lay_rug,
            pieces.place_side_table,
            pieces.place_footstool,
            pieces.place_armchair,
            pieces.place_sofa,
        ),
        2,
        8,
    ),
    "living room": HomeKind(
        (pieces.lay_rug, pieces.place_sofa, pieces.place_armchair),
        (
            *_ANYWHERE,
            pieces.place_side_table,
            pieces.place_television,
            pieces.hang_picture_or_shelf,
            pieces.place_armchair,
        ),
        3,
        10,
    ),
    "bedroom": HomeKind(
        (pieces.place_bed,),
        (*_ANYWHERE, pieces.place_wardrobe, pieces.place_side_table, pieces.lay_rug, pieces.place_armchair),
        3,
        9,
    ),
    "dining room": HomeKind(
        (pieces.place_dining_table,),
        (*_ANYWHERE, pieces.lay_rug, pieces.place_kitchen_counter, pieces.hang_picture_or_shelf),
        2,
        8,
    ),
    "table top": HomeKind(
        (pieces.place_near_table,),
        (*_ANYWHERE, pieces.place_chair, pieces.place_sofa, pieces.place_kitchen_counter),
        1,
        6,
    ),
    "study": HomeKind((pieces.place_desk,), (*_ANYWHERE, pieces.place_bed, pieces.hang_picture_or_shelf), 2, 8),
    "bare corner": HomeKind((), (*_ANYWHERE, pieces.place_armchair, pieces.place_wardrobe), 2, 6),
}


def furnish(room: RoomBuilder, name: str) -> None:
    """Furnish a corner of the kind `name`, one of `HOME_KINDS`."""
    kind = HOME_KINDS[name]
    for piece in kind.required:
        piece(room)
    order = room.rng.permutation(len(kind.optional))
    count = int(room.rng.integers(kind.min_optional, kind.max_optional + 1))
    for k in order[:count]:
        kind.optional[k](room)
