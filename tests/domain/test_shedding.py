from ha_bridge.domain.shedding import CALM, SAY_EVERY, Shedding


def test_nothing_shed_is_nothing_to_say() -> None:
    assert Shedding().due(0) is None


def test_an_episode_is_said_at_once_once_in_a_while_and_when_it_is_over() -> None:
    shedding = Shedding()
    shedding.add([12, 10], now=0)
    assert shedding.due(0) == (9, 12)
    shedding.add([20], now=1)
    assert shedding.due(SAY_EVERY - 1) is None
    shedding.add([30], now=SAY_EVERY - 1)
    assert shedding.due(SAY_EVERY) == (12, 30)
    shedding.add([40], now=SAY_EVERY + 1)
    assert shedding.due(SAY_EVERY + 1 + CALM) == (30, 40)
    assert shedding.unsaid is None
    assert shedding.due(1000) is None


def test_an_episode_of_which_all_was_said_ends_without_a_word() -> None:
    shedding = Shedding()
    shedding.add([10], now=0)
    assert shedding.due(0) == (9, 10)
    assert shedding.unsaid == 10
    assert shedding.due(CALM) is None
    assert shedding.unsaid is None


def test_the_next_episode_is_a_gap_of_its_own() -> None:
    shedding = Shedding()
    shedding.add([10], now=0)
    shedding.due(0)
    shedding.due(CALM)
    shedding.add([500], now=CALM + 1)
    assert shedding.due(CALM + 1) == (499, 500)
