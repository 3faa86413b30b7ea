from ha_bridge.domain.suspects import Suspects
from tests.making import batch, state


def parts(suspects: Suspects, *seqs: int) -> list[list[int]]:
    whole = batch([state(time=seq) for seq in seqs], first=seqs[0])
    return [list(part.seqs) for part in suspects.parts(whole) if part.seqs]


def test_nobody_is_suspect_while_all_is_well() -> None:
    suspects = Suspects()
    whole = batch([state(), state()])
    suspects.begin(whole)
    suspects.end()
    suspects.inherit()
    assert list(suspects.parts(whole)) == [whole]
    assert not suspects.is_condemned(whole)


def test_the_events_of_a_batch_that_was_not_survived_come_one_by_one() -> None:
    suspects = Suspects()
    suspects.begin(batch([state(), state()], first=1))
    suspects.inherit()
    assert parts(suspects, 0, 1, 2, 3) == [[0, 3], [1], [2]]


def test_what_was_not_survived_alone_is_condemned_until_it_is_given_up() -> None:
    suspects = Suspects()
    alone = batch([state()], first=1)
    suspects.begin(alone)
    suspects.inherit()
    assert suspects.is_condemned(alone)
    assert not suspects.is_condemned(batch([state()], first=2))
    assert not suspects.is_condemned(batch([state(), state()], first=1))
    suspects.clear(alone)
    assert not suspects.is_condemned(alone)


def test_who_was_survived_is_suspect_no_more() -> None:
    suspects = Suspects()
    whole = batch([state(), state()])
    suspects.begin(whole)
    suspects.inherit()
    suspects.clear(batch([state()], first=0))
    assert parts(suspects, 0, 1) == [[0], [1]]
    suspects.clear(whole)
    assert list(suspects.parts(whole)) == [whole]
