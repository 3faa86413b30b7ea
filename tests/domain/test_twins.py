from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.twins import Claim, Claims
from tests.making import state

KEY = ("sensor.a", "1")


def claim(seq: int, time: int = 0, arrived: float = 0, key: tuple[str, str] = KEY) -> Claim:
    return Claim(key, time, ("mqtt", seq), state(), arrived)


def test_the_oldest_within_the_window_is_taken_once() -> None:
    claims = Claims(10)
    for made in (claim(1, time=100), claim(2), claim(3)):
        claims.add(made)
    taken = [claims.take(KEY, -5, 5) for _ in range(3)]
    assert [each and each.carrier for each in taken] == [("mqtt", 2), ("mqtt", 3), None]
    assert claims.open == 1


def test_what_was_taken_does_not_expire() -> None:
    claims = Claims(10)
    for made in (claim(1, arrived=1), claim(2, arrived=2), claim(3, arrived=3)):
        claims.add(made)
    claims.take(KEY, -5, 5)
    assert [each.carrier for each in claims.expire(before=3)] == [("mqtt", 2)]
    assert [each.carrier for each in claims.expire(before=4)] == [("mqtt", 3)]
    assert not claims.open


def test_of_too_many_the_oldest_are_forgotten() -> None:
    claims = Claims(2)
    for seq in range(4):
        claims.add(claim(seq))
    assert claims.open == 2
    assert [each.carrier for each in claims.expire(before=1)] == [("mqtt", 2), ("mqtt", 3)]


def test_what_was_taken_is_forgotten_before_what_waits() -> None:
    claims = Claims(2)
    for seq in range(2):
        claims.add(claim(seq))
    claims.take(KEY, -5, 5)
    claims.add(claim(2))
    assert [each.carrier for each in claims.expire(before=1)] == [("mqtt", 1), ("mqtt", 2)]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["add", "take", "expire"])), max_size=50))
def test_every_claim_ends_once(steps: list[tuple[str, str]]) -> None:
    claims = Claims(100)
    waiting: list[Claim] = []
    for now, (key, step) in enumerate(steps):
        if step == "add":
            waiting.append(claim(now, arrived=now, key=(key, key)))
            claims.add(waiting[-1])
        elif step == "take":
            expected = next((each for each in waiting if each.key == (key, key)), None)
            assert claims.take((key, key), 0, 0) is expected
            waiting = [each for each in waiting if each is not expected]
        else:
            assert claims.expire(now - 10) == [each for each in waiting if each.arrived < now - 10]
            waiting = [each for each in waiting if each.arrived >= now - 10]
        assert claims.open == len(waiting)
