"""When a server is asked for its types, and what is made of the answers."""

from ha_bridge.domain.field_types import FieldType, Held
from ha_bridge.domain.inspection import AGAIN, AT_ONCE, AWAY, SETTLE, Inspection

FLOATS: dict[str, FieldType] = {"value": "float"}
INTEGERS = {"value": {"integer"}}


def test_nothing_is_asked_before_anything_is_written() -> None:
    assert not Inspection("main").question(1e9)


def test_it_asks_once_when_what_is_written_has_settled() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 100)
    assert not inspection.question(100 + SETTLE - 1)
    inspection.shaped({"sensor": FLOATS, "light": FLOATS}, 100 + SETTLE - 1)
    assert inspection.question(100 + SETTLE) == ["sensor", "light"]
    inspection.answered(Held({"light": INTEGERS}))
    assert not inspection.question(SETTLE + AGAIN)
    [finding] = inspection.found
    assert '"value" of "light" is integer' in finding


def test_what_is_well_is_not_asked_about_again() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.answered(Held({"sensor": {"value": {"float"}}}))
    assert not inspection.question(1e9)


def test_what_is_wrong_is_asked_about_again_until_it_is_mended() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.answered(Held({"sensor": INTEGERS}))
    assert not inspection.question(SETTLE + AGAIN - 1)
    assert inspection.question(SETTLE + AGAIN)
    inspection.answered(Held())
    assert inspection.found == ()


def test_what_is_no_longer_written_is_no_trouble() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.shaped({}, SETTLE)
    inspection.answered(Held({"sensor": INTEGERS}))
    assert inspection.found == ()


def test_more_fields_are_asked_about_later_and_what_is_mended_is_forgotten() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.answered(Held({"sensor": INTEGERS}))
    inspection.shaped({"sensor": FLOATS, "light": FLOATS}, SETTLE)
    assert not inspection.question(SETTLE + AGAIN - 1)
    assert inspection.question(SETTLE + AGAIN)
    inspection.answered(Held())
    assert inspection.found == ()


def test_many_measurements_are_asked_about_in_turn_and_told_together() -> None:
    written = {f"m{number}": FLOATS for number in range(AT_ONCE + 1)}
    inspection = Inspection("main")
    inspection.shaped(written, 0)
    assert len(inspection.question(SETTLE)) == AT_ONCE
    inspection.answered(Held({"m0": INTEGERS}))
    assert inspection.found == ()
    assert inspection.question(SETTLE) == [f"m{AT_ONCE}"]
    inspection.answered(Held({f"m{AT_ONCE}": INTEGERS}))
    assert len(inspection.found) == 2


def test_what_is_wrong_with_all_is_told_once() -> None:
    inspection = Inspection("main")
    inspection.shaped({f"m{number}": {"state": "string"} for number in range(AT_ONCE + 1)}, 0)
    for _ in range(2):
        assert inspection.question(SETTLE)
        inspection.answered(Held(texts=False))
    assert len(inspection.found) == 1


def test_a_server_that_does_not_answer_is_asked_again_later_and_what_it_said_before_holds() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.failed(SETTLE)
    assert not inspection.question(SETTLE + AWAY - 1)
    assert inspection.question(SETTLE + AWAY) == ["sensor"]


def test_a_server_that_refuses_to_tell_is_asked_seldom_and_its_reason_holds_until_it_tells() -> None:
    inspection = Inspection("main")
    inspection.shaped({"sensor": FLOATS}, 0)
    assert inspection.question(SETTLE)
    inspection.failed(SETTLE, "no mapping")
    assert inspection.untold == "no mapping"
    assert not inspection.question(SETTLE + AGAIN - 1)
    assert inspection.question(SETTLE + AGAIN)
    inspection.answered(Held())
    assert inspection.untold == ""
