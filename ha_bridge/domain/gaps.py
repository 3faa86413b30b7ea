"""Arithmetic of gaps. A gap is the time after its `start` and up to its `end`, in microseconds since the epoch."""

from collections.abc import Iterable

import msgspec

from ha_bridge.domain.records import Gap


def absorbed(open_gaps: Iterable[Gap], missed: Gap) -> Gap:
    """What to keep on record of `missed`: itself, or the open gap with the same cause that it goes on from.

    That gap is returned with the end it then has; it is equal to the one given when it says it all already.
    """
    for gap in open_gaps:
        if gap.cause == missed.cause and gap.start <= missed.start <= gap.end:
            return msgspec.structs.replace(gap, end=max(gap.end, missed.end))
    return missed


def progressed(kept: Gap, told: Gap) -> Gap:
    """The gap on record after the historian has told of it, which it may do late, twice or of a shorter gap."""
    return msgspec.structs.replace(
        kept,
        filled=min(kept.end, max(kept.filled, told.filled)),
        note=told.note or kept.note,
        closed=kept.closed or (told.closed and told.end >= kept.end),
    )


def rest(gap: Gap) -> int:
    """How much of a gap is not filled, in microseconds."""
    return max(0, gap.end - gap.filled)


def window(gap: Gap, length: int) -> tuple[int, int]:
    """The next stretch to fill, of `length` microseconds at most: after the first time and up to the second."""
    return gap.filled, min(gap.end, gap.filled + length)
