"""What a log line looks like, and what it never shows."""

import io
import json
import logging
import re
import warnings
from typing import Any

import pytest

from ha_bridge import logs

log = logging.getLogger("actors.supervisor")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


pytestmark = pytest.mark.usefixtures("logs_restored")


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    logs.setup("DEBUG", "json", stream=stream)
    return stream


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    logs.setup("DEBUG", "console", stream=stream)
    return stream


def only_ours() -> None:
    """Take pytest's own handlers away, which raise on what ours must bear."""
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if type(handler).__module__ == "ha_bridge.logs"]


def fail(reason: str) -> None:
    raise OSError(reason)


def last(stream: io.StringIO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return found


def plain(stream: io.StringIO) -> str:
    return re.sub(r"\x1b\[\d+m", "", stream.getvalue())


def test_a_json_line_has_the_event_and_the_fields_that_came_with_it(lines: io.StringIO) -> None:
    log.info("child restarted", extra={"child": "mqtt", "tries": 3, "kept": {"ids": (1, 2)}, "reason": None})
    found = last(lines)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {
        "level": "INFO",
        "logger": "actors.supervisor",
        "event": "child restarted",
        "thread": "MainThread",
        "child": "mqtt",
        "tries": 3,
        "kept": {"ids": [1, 2]},
        "reason": None,
    }


def test_a_field_called_like_one_of_ours_moves_aside(lines: io.StringIO) -> None:
    log.info("x", extra={"time": 1, "event": 2, "level": 3, "logger": 4, "traceback": 5})
    found = last(lines)
    assert [found[f"{name}_"] for name in ("time", "event", "level", "logger", "traceback")] == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert found["event"] == "x"


def test_an_exception_becomes_a_traceback(lines: io.StringIO) -> None:
    try:
        fail("no route")
    except OSError:
        log.exception("failed", stack_info=True)
    assert last(lines)["traceback"].endswith("OSError: no route")
    assert "Stack (most recent call last)" in last(lines)["stack_info"]


def test_where_there_is_no_exception_there_is_no_traceback(lines: io.StringIO) -> None:
    only_ours()
    log.error("failed", exc_info=True)  # noqa: LOG014 - the mistake is the point
    assert "traceback" not in last(lines)


def test_every_line_is_json_whatever_is_logged(lines: io.StringIO) -> None:
    odd = {
        "a": float("nan"),
        "b": {1: b"x"},
        "c": OSError("x"),
        "d": {"set"},
        "e": "line\nbreak",
        "f": 1.5,
        "g": True,
    }
    log.info("näme %s\n", "é", extra=odd)
    assert len(lines.getvalue().splitlines()) == 1
    found = last(lines)
    assert (found["event"], found["a"], found["b"]) == ("näme é\n", "nan", {"1": "b'x'"})
    assert (found["c"], found["d"], found["e"], found["f"], found["g"]) == (
        "x",
        ["set"],
        "line\nbreak",
        1.5,
        True,
    )


def test_a_message_whose_arguments_do_not_fit_is_not_lost(lines: io.StringIO) -> None:
    only_ours()
    log.info("%d points", "many")
    assert last(lines)["event"] == "%d points ('many',)"


def test_warnings_are_logged(lines: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("deprecated", stacklevel=1)
    assert "deprecated" in last(lines)["event"]


def test_a_console_line_is_for_people(console: Terminal) -> None:
    log.info(
        "child restarted",
        extra={"child": "mqtt", "reason": "no route", "tries": 3, "ids": [1, "a"], "q": "'"},
    )
    expected = r"""\d\d:\d\d:\d\d INFO  actors.supervisor  child restarted child=mqtt reason='no route' tries=3 ids=\[1, "a"\] q="'"\n"""
    assert re.fullmatch(expected, plain(console))


def test_levels_are_short_and_coloured_on_a_terminal(console: Terminal) -> None:
    log.warning("x")
    log.critical("x")
    log.info("x")
    first, second, third = console.getvalue().splitlines()
    assert "\x1b[33mWARN \x1b[0m" in first
    assert "FATAL" in second
    assert "\x1b" not in third


def test_there_is_no_colour_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal, file = Terminal(), io.StringIO()
    logs.setup("INFO", "console", stream=terminal)
    log.error("x")
    monkeypatch.delenv("NO_COLOR")
    logs.setup("INFO", "console", stream=file)
    log.error("x")
    assert "\x1b" not in terminal.getvalue() + file.getvalue()
    assert file.getvalue().endswith("ERROR actors.supervisor  x\n")


def test_a_message_cannot_forge_a_console_line_or_steer_the_terminal(console: Terminal) -> None:
    log.info("a\n12:00:00 INFO  b\x1b[2J", extra={"topic": "x\x1b[2J\ny", "odd": "x\x1b"})
    assert len(console.getvalue().splitlines()) == 1
    assert "\x1b" not in console.getvalue()


def test_a_traceback_stands_below_its_console_line(console: Terminal) -> None:
    try:
        fail("no route")
    except OSError:
        log.exception("failed", extra={"child": "mqtt"})
    found = plain(console).splitlines()
    assert found[0].endswith("failed child=mqtt")
    assert found[-1] == "OSError: no route"


@pytest.mark.parametrize(("stream", "is_json"), [(Terminal(), False), (io.StringIO(), True)])
def test_auto_is_console_on_a_terminal_and_json_elsewhere(stream: io.StringIO, is_json: bool) -> None:
    logs.setup(stream=stream)
    log.info("x")
    assert stream.getvalue().startswith("{") == is_json


def test_the_usual_stream_is_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup("INFO", "console")
    log.info("x")
    assert "actors.supervisor  x" in capsys.readouterr().err


def test_single_loggers_have_levels_of_their_own_until_the_next_setup() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.setup("WARNING", "console", {"actors.supervisor": "DEBUG"}, first)
    log.debug("seen")
    logging.getLogger("other").info("not seen")
    logs.setup("WARNING", "console", stream=second)
    log.debug("not seen")
    log.warning("seen")
    assert [
        text.split()[-1] for text in (*first.getvalue().splitlines(), *second.getvalue().splitlines())
    ] == ["seen"] * 2


def test_setting_up_again_leaves_the_handlers_of_others_alone() -> None:
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    logs.setup(stream=io.StringIO())
    logs.setup(stream=io.StringIO())
    assert other in logging.getLogger().handlers
    assert (
        len(
            [
                handler
                for handler in logging.getLogger().handlers
                if type(handler).__module__ == "ha_bridge.logs"
            ]
        )
        == 1
    )


@pytest.mark.parametrize("chosen", ["json", "console"])
def test_a_secret_shows_nowhere(chosen: logs.Format) -> None:
    stream = io.StringIO()
    secret = 'pa"ss/wörd\\'
    logs.mask(["", secret])
    logs.setup("INFO", chosen, stream=stream)
    log.info(
        "with %s",
        secret,
        extra={"a": {secret: [secret, {"x": OSError(secret)}]}, "b": "http://h/?p=pa%22ss%2Fw%C3%B6rd%5C"},
    )
    log.info("as %r and %s", secret, json.dumps(secret))
    only_ours()
    log.info("bad %d", secret)
    log.info(secret)
    try:
        fail(secret)
    except OSError:
        log.exception("failed", stack_info=True)
    written = stream.getvalue()
    assert written.count("••••") >= 9
    assert not re.search(r"pa.{1,3}ss|rd\\", written)


def test_a_short_secret_is_hidden_as_a_word_and_not_within_others(lines: io.StringIO) -> None:
    logs.mask(["mqt"])
    log.info("password mqt, not mqtt")
    assert last(lines)["event"] == "password ••••, not mqtt"


def test_a_secret_within_a_longer_one_leaves_nothing_of_it(lines: io.StringIO) -> None:
    logs.mask(["opensesame"])
    logs.mask(["opensesame-and-more"])
    log.info("it is opensesame-and-more")
    assert last(lines)["event"] == "it is ••••"


def test_other_handlers_get_the_record_as_it_was(
    lines: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    logs.mask(["untouched-secret"])
    logging.getLogger().addHandler(caplog.handler)
    log.info("an %s", "untouched-secret")
    assert caplog.messages == ["an untouched-secret"]
    assert "untouched" not in lines.getvalue()


def test_a_line_that_cannot_be_written_is_told_without_its_secrets(lines: io.StringIO) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise ValueError("cannot show hidden-in-repr")

    logs.mask(["hidden-in-repr"])
    log.info("x", extra={"what": Unprintable()})
    assert (
        lines.getvalue()
        == "actors.supervisor: a log line could not be written: ValueError('cannot show ••••')\n"
    )


def test_a_stream_that_is_gone_ends_nothing() -> None:
    stream = io.StringIO()
    logs.setup("INFO", "json", stream=stream)
    stream.close()
    log.info("x")
