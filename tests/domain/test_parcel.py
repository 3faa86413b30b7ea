from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.batcher import Share
from ha_bridge.domain.parcel import Parcel

shares = st.lists(
    st.builds(Share, st.sampled_from(["ws", "mqtt"]), st.lists(st.integers(0, 4), min_size=1).map(sorted)),
    min_size=1,
    max_size=5,
)


def parcel(shares: list[Share]) -> Parcel:
    return Parcel(b"", shares, range(sum(len(share.seqs) for share in shares)))


def test_a_parcel_of_one_event_cannot_be_cut() -> None:
    assert parcel([Share("ws", [4, 4, 4])]).place_to_cut() == 0


def test_its_events_are_named_once_each() -> None:
    assert parcel([Share("ws", [1, 1, 2]), Share("mqtt", [1]), Share("ws", [3])]).seqs() == {
        "ws": [1, 2, 3],
        "mqtt": [1],
    }


@given(shares)
def test_halving_to_the_end_leaves_every_event_whole(shares: list[Share]) -> None:
    whole = parcel(shares)
    pieces, waiting = [], [whole]
    while waiting:
        piece = waiting.pop()
        place = piece.place_to_cut()
        if place:
            waiting += reversed(piece.cut(place, (b"", b"")))
        else:
            pieces.append(piece)
    assert [time for piece in pieces for time in piece.times] == list(whole.times)
    flat = [(share.source, seq) for piece in pieces for share in piece.shares for seq in share.seqs]
    assert flat == [(share.source, seq) for share in shares for seq in share.seqs]
    assert all(len(seqs) == 1 for piece in pieces for seqs in piece.seqs().values())
