"""A little at a time, and then nothing for hours."""

import pytest

from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.upkeep import AGAIN, EVERY, Upkeep


def test_it_goes_on_a_second_later_while_there_is_more_and_then_rests() -> None:
    asked: list[int] = []
    left = [True, True, False, False]

    def tidy(micros: int) -> bool:
        asked.append(micros)
        return left[len(asked) - 1]

    upkeep = Upkeep(tidy)
    for now in (0.0, AGAIN / 2, AGAIN, 2 * AGAIN, 3 * AGAIN, EVERY, EVERY + 2 * AGAIN):
        upkeep.step(now, round(now))
    assert asked == [0, AGAIN, 2 * AGAIN, EVERY + 2 * AGAIN]


def test_trouble_is_raised_and_not_met_again_at_once() -> None:
    def tidy(micros: int) -> bool:
        raise Unavailable(str(micros))

    upkeep = Upkeep(tidy)
    with pytest.raises(Unavailable, match="7"):
        upkeep.step(0.0, 7)
    upkeep.step(1.0, 8)
    with pytest.raises(Unavailable, match="9"):
        upkeep.step(EVERY, 9)


def test_where_nothing_is_to_be_done_nothing_is() -> None:
    Upkeep(None).step(0.0, 1)
