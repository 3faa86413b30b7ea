"""`ha-bridge demo` as a process of its own: into a pipe, on a terminal, and with nobody there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.system.bridge import LONG

pytestmark = pytest.mark.system

COMMAND = [sys.executable, "-m", "ha_bridge", "demo", "--port", "0"]
DEMO = [*COMMAND, "--duration", "3s"]


def both_sides(text: str) -> tuple[int, int]:
    """Give both sides of the ledger in a demo's summary."""
    [equation] = re.findall(r"^Ledger(.*?)\r?$", text, re.MULTILINE)
    received, *terms = (int(number.replace(",", "")) for number in re.findall(r"[\d,]+", equation))
    return received, sum(terms)


def test_a_demo_into_a_pipe_is_plain_lines_and_a_summary(tmp_path: Path) -> None:
    # FORCE_COLOR, as CI sets it, makes no terminal of a pipe.
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm"}
    ended = subprocess.run(
        DEMO, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=LONG
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Verdict  every event is accounted for"
    received, settled = both_sides(ended.stdout)
    assert received == settled > 0


def on_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns; returns its exit code and all that it has written."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}
    }
    environment["TERM"] = "xterm-256color"
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    ) as process:
        os.close(theirs)
        written = b""
        # Linux tells the end of a terminal as an error.
        with suppress(OSError):
            while chunk := os.read(ours, 65536):
                written += chunk
    os.close(ours)
    return process.returncode, written.decode()


def test_a_demo_on_a_terminal_ends_with_its_summary_below_the_last_picture(tmp_path: Path) -> None:
    exit_code, written = on_terminal(DEMO, tmp_path)
    assert exit_code == 0, written
    assert "…" not in written
    picture, shown_again, summary = written.rpartition("\x1b[?25h")
    assert shown_again
    assert "avg/s" in picture
    assert summary.strip().splitlines()[0].startswith("Ledger")
    received, settled = both_sides(summary)
    assert received == settled > 0


def test_a_demo_whose_reader_goes_away_ends_without_a_word(tmp_path: Path) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(LONG) == 1
