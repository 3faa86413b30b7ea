from ha_bridge.domain.generations import Generations


def test_the_last_keys_are_remembered_and_old_ones_forgotten() -> None:
    memory: Generations[int, str] = Generations(10)
    for key in range(100):
        memory.put(key, str(key))
        assert all(memory.get(kept) == str(kept) for kept in range(max(0, key - 9), key + 1))
        assert len(memory) <= 20
    assert memory.get(0) is None


def test_a_key_put_again_has_its_latest_value() -> None:
    memory: Generations[str, int] = Generations(1)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 3)
    assert memory.get("a") == 3


def test_a_default_is_remembered_only_where_nothing_was() -> None:
    memory: Generations[str, int] = Generations(1)
    assert memory.setdefault("a", 1) == 1
    assert memory.setdefault("a", 2) == 1
    assert memory.setdefault("b", 3) == 3
    assert (memory.get("a"), memory.get("b")) == (1, 3)
