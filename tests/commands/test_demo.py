"""`ha-bridge demo` in this process; tests/system has it as a process of its own."""

import os
import re
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import urllib3
from click.testing import CliRunner, Result

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.commands.demo import demo
from tests.waiting import wait_for


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(demo, ["--port", "0", *map(str, arguments)])


def ledger(lines: Sequence[str]) -> tuple[int, int]:
    """Give both sides of the equation in the summary."""
    [equation] = [line for line in lines if line.startswith("Ledger")]
    received, *terms = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", equation))
    return received, sum(terms)


def test_it_ends_with_a_ledger_that_balances_and_everything_stored(folder: Path) -> None:
    store = folder / "kept.db"
    result = run("--duration", "2s", "--rate", "200", "--store", store)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    received, ended = ledger(lines)
    assert received == ended > 50
    assert lines[-3].startswith("Ledger")
    assert lines[-1] == "Verdict  every event is accounted for"
    totals = LocalReader(store).count()
    assert lines[-2].startswith(f"Stored   {totals.values:,} values of {totals.series:,} series")
    assert totals.values > 50


def test_it_says_a_line_a_second_where_there_is_no_terminal() -> None:
    result = run("--duration", "3s")
    said = [line for line in result.stdout.splitlines() if re.match(r" +\d+ s ", line)]
    # The clock of a busy machine may skip some.
    assert 1 <= len(said) <= 3
    speed = r"[\d,.]+/s"
    roads, sinks = f"history {speed}, home_assistant {speed}, mqtt {speed}", f"local {speed}"
    assert re.fullmatch(rf" +\d+ s \w+  in {roads}  duplicate {speed}  out {sinks}  waiting \d+", said[-1])
    assert "\x1b" not in result.stdout


def test_a_taken_port_is_replaced_by_another_that_it_names() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("--port", port, "--duration", "200ms")
    assert f"Port {port} is taken" in result.stdout
    assert f"http://127.0.0.1:{port}/" not in result.stdout


def test_the_endpoints_are_where_it_says_until_a_signal_ends_it() -> None:
    # Until the demo has its own handler a signal must not end the tests.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    answered = threading.Event()

    def terminate_when_it_answers() -> None:
        try:
            wait_for(lambda: is_healthy(port), 60, "the endpoints")
            answered.set()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    companion = threading.Thread(target=terminate_when_it_answers)
    companion.start()
    result = run("--port", str(port))
    companion.join()
    assert answered.is_set()
    assert f"http://127.0.0.1:{port}/health, /metrics and /api/status" in result.stdout
    assert result.exit_code == 0, result.output


def is_healthy(port: int) -> bool:
    try:
        return (
            urllib3.request("GET", f"http://127.0.0.1:{port}/health", retries=False, timeout=5).status == 200
        )
    except urllib3.exceptions.HTTPError:
        return False


def test_events_that_cannot_be_stored_make_it_fail_and_say_why(folder: Path) -> None:
    (folder / "in_the_way").write_text("")
    result = run("--duration", "2s", "--store", folder / "in_the_way" / "demo.db")
    assert result.exit_code == 1
    verdict = result.stdout.partition("Verdict")[2]
    assert re.search(r"\d+ events have not reached an end", verdict)
    assert "writer.local is degraded" in verdict
    assert "sinks.local.path" in verdict


@pytest.mark.parametrize("arguments", [("--duration", "soon"), ("--rate", "0"), ("--port", "70000")])
def test_nonsense_is_a_usage_error(arguments: tuple[str, str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
