from ha_bridge.domain.hass.history_notes import LONG, Notes, named


def test_each_thing_is_noted_once() -> None:
    notes = Notes("")
    for text in ("one", "two", "one"):
        notes.add(text)
    assert notes.text == "one; two"


def test_a_long_note_ends_with_a_word_that_there_is_more() -> None:
    notes = Notes("x" * LONG)
    notes.add("one")
    notes.add("two")
    assert notes.text == "x" * LONG + "; and more"


def test_few_entities_are_named_and_many_counted() -> None:
    assert named(["a.a"]) == "a.a"
    assert named(["a.a", "b.b", "c.c"]) == "a.a, b.b, c.c"
    assert named(["a.a", "b.b", "c.c", "d.d", "e.e"]) == "5 entities (a.a, b.b, c.c and 2 more)"
