"""A running bridge: start, beat, signals, ordered stop, exit code."""

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version

import pykka

from actors.address import Address
from actors.messages import Shutdown, Tick
from actors.supervisor import Outcome, Supervisor
from ha_bridge import logs, reloading
from ha_bridge.assembly import Assembly
from ha_bridge.clock import SystemClock
from ha_bridge.domain.board import Board, Reload
from ha_bridge.settings import Settings, SettingsError

log = logging.getLogger("ha_bridge.app")

QUIETER = {
    "pykka": "CRITICAL",  # a worker says itself why it ends; Pykka would say it again with a traceback
    "waitress.queue": "ERROR",  # that somebody who asks has to wait for a moment is no matter
}
"""From which level on others are heard, unless the settings say otherwise."""


class Bridge:
    """`start`, then `turn` until it returns False, then `exit_code`. Any thread or signal handler may `stop`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.board = Board(version("ha-bridge"), self.clock.micros())
        self._assembly = Assembly(settings, self.clock, self.board)
        self._outcome = Outcome()
        self._address = Address("supervisor")
        self._ref: pykka.ActorRef[Supervisor] | None = None
        self._stop_asked = threading.Event()
        self._stop_told = False
        self._reloads = 0

    @property
    def exit_code(self) -> int:
        return self._outcome.exit_code

    def start(self) -> None:
        log.info("starting", extra={"version": version("ha-bridge"), "sinks": list(self.settings.sinks)})
        self._ref = Supervisor.start(self._address, self._assembly.plan(), self._outcome)

    def stop(self) -> None:
        self._stop_asked.set()

    def turn(self) -> bool:
        """One beat of the clock, a tick long; False when everything has ended."""
        now = self.clock.monotonic()
        if self._stop_asked.is_set() and not self._stop_told:
            self._stop_told = True
            log.info("stopping")
            self._address.tell(Shutdown(now + self.settings.supervisor.stop_timeout))
        self._address.tell(Tick(now))
        if self._outcome.finished.wait(self.settings.supervisor.tick):
            log.info("stopped", extra={"exit_code": self.exit_code})
            return False
        return self._is_supervised()

    def run(self) -> int:
        """Until stopped; returns the exit code."""
        self.start()
        while self.turn():
            pass
        return self.exit_code

    def reload(self, load: Callable[[], Settings]) -> None:
        """Load settings, and take over what may change while it runs, from the next batch on; say what became of it.

        Whatever is wrong with them, the bridge goes on as it was.
        """
        try:
            settings = load()
            set_up_logs(settings)
            self._take_over(settings)
        except SettingsError as error:
            problems = [str(problem) for problem in error.problems]
            log.error("settings not reloaded", extra={"problems": problems})  # noqa: TRY400 - the user's fault, not ours
            self.reloaded(problems=problems)
        except Exception as error:
            # Its text may have anything in it; the log masks secrets.
            log.exception("settings not reloaded")
            set_up_logs(self.settings)
            self.reloaded(problems=[f"an error of ha-bridge itself, see the log: {type(error).__name__}"])

    def reloaded(
        self, *, applied: Sequence[str] = (), waiting: Sequence[str] = (), problems: Sequence[str] = ()
    ) -> None:
        """Put on the board what became of a reload; with nothing to say, that this process reloads at all."""
        self.board.reloaded(os.getpid(), Reload(self._reloads, applied, waiting, problems))
        self._reloads += 1

    def _take_over(self, settings: Settings) -> None:
        """Take over what may change while it runs, and say what has to wait for a restart."""
        applied = reloading.applied(self.settings, settings)
        waiting = reloading.waiting(self.settings, settings)
        if waiting:
            log.warning("restart needed", extra={"changed": waiting})
        live = reloading.taken_over(self.settings, settings)
        if set(applied) - {"log"}:
            self._assembly.reroute(live)
        self.settings = live
        self.reloaded(applied=applied, waiting=waiting)

    def _is_supervised(self) -> bool:
        if self._ref is not None and self._ref.is_alive():
            return True
        if not self._outcome.finished.is_set():
            log.critical("the supervisor has ended")
            self._outcome.exit_code = 1
        return False


def serve(load: Callable[[], Settings]) -> int:
    """Run a bridge with the settings until SIGTERM or SIGINT. SIGHUP loads them again, SIGUSR1 shows every thread."""
    settings = load()
    set_up_logs(settings)
    bridge = Bridge(settings)
    reload_asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: bridge.stop())
    signal.signal(signal.SIGINT, lambda *_: bridge.stop())
    signal.signal(signal.SIGHUP, lambda *_: reload_asked.set())
    signal.signal(signal.SIGUSR1, lambda *_: log_stacks())
    bridge.reloaded()
    bridge.start()
    while bridge.turn():
        if reload_asked.is_set():
            reload_asked.clear()
            bridge.reload(load)
    return bridge.exit_code


def log_stacks() -> None:
    """Where every thread is just now, a log line each. Whoever asks is answered, at any log level."""
    level = max(log.getEffectiveLevel(), logging.INFO)
    frames = sys._current_frames()  # noqa: SLF001 - the documented way to other threads' stacks
    for thread in threading.enumerate():
        stack = traceback.format_stack(frames.get(thread.ident or 0))
        log.log(level, "stack", extra={"of": thread.name, "stack": "".join(stack)})


def set_up_logs(settings: Settings) -> None:
    logs.setup(settings.log.level, settings.log.format, {**QUIETER, **settings.log.levels})
    logs.mask(settings.secrets())
