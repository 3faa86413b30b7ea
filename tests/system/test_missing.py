import pytest

from tests.system.servers.missing import installed


def test_a_missing_server_skips_its_tests_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="scripts/servers"):
        installed("no-such-server")


def test_a_missing_server_fails_its_tests_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="scripts/servers"):
        installed("no-such-server")
