from ha_bridge.domain.hass.history_pace import LONGEST, MANY, SHORTEST, TRIES, Pace

WINDOW = 600_000_000


def test_a_stretch_is_longer_where_nothing_happens_and_as_asked_for_where_something_does() -> None:
    pace = Pace(WINDOW, rows=100)
    lengths = []
    for place, rows in enumerate([0, 0, 0, 0, 5, 5]):
        lengths.append(pace.begin(place) // WINDOW)
        pace.done(rows)
    assert lengths == [1, 2, 4, LONGEST, LONGEST, 1]


def test_a_stretch_is_shorter_where_much_happens() -> None:
    pace = Pace(WINDOW, rows=100)
    for place, length in enumerate([WINDOW, WINDOW // 2, WINDOW // 4]):
        assert pace.begin(place) == length
        pace.done(101)
    assert pace.begin(9) == WINDOW // 8


def test_a_stretch_of_the_right_length_keeps_it() -> None:
    pace = Pace(WINDOW, rows=100)
    pace.done(101)
    pace.done(51)
    assert pace.begin(1) == WINDOW // 2
    pace.done(50)
    assert pace.begin(2) == WINDOW


def test_home_assistant_is_never_asked_for_more_than_it_gives_easily() -> None:
    pace = Pace(WINDOW, rows=10**6)
    pace.done(MANY + 1)
    assert pace.begin(1) == WINDOW // 2


def test_no_stretch_is_shorter_than_the_shortest() -> None:
    pace = Pace(2 * SHORTEST, rows=1)
    for _ in range(5):
        pace.done(2)
    assert pace.begin(1) == SHORTEST


def test_a_stretch_that_is_begun_again_and_again_gets_shorter_and_is_hopeless_in_the_end() -> None:
    pace = Pace(WINDOW, rows=100)
    lengths = []
    for _ in range(TRIES):
        lengths.append(pace.begin(7))
        assert not pace.hopeless
    assert lengths[:3] == [WINDOW, WINDOW // 4, WINDOW // 16]
    assert lengths[-1] == SHORTEST
    assert pace.begin(7) == SHORTEST
    assert pace.hopeless
    pace.done(0)
    pace.begin(8)
    assert not pace.hopeless
