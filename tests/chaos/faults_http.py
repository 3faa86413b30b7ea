"""An InfluxDB, or something before it, that answers what it should not."""

import time
from collections.abc import Mapping

from tests.chaos.faults import Fault
from tests.chaos.tricks import (
    COMMITS_AND_BREAKS,
    COMMITS_AND_DROPS,
    DROPS,
    Trick,
    all_refusals,
    refusal,
    slow,
    some_refusals,
)
from tests.waiting import wait_for

PATIENCE = 90.0
QUIET = 3.0
MANY_ANSWERS = 1000


class Refusals(Fault):
    """Every status, each with some form of Retry-After or with every one."""

    def strike(self) -> None:
        self._left, self._since = MANY_ANSWERS, time.monotonic()
        every = self.step.kind == "every refusal"
        self.world.http.script.extend(all_refusals() if every else some_refusals(self.dice))
        wait_for(self._is_over, PATIENCE, "every answer to be given")

    def _is_over(self) -> bool:
        """Whether only answers are left that are for many points, and for a while no payload had so many.

        A server that says "too large" again and again makes payloads small.
        """
        script = self.world.http.script
        if len(script) < self._left:
            self._left, self._since = len(script), time.monotonic()
        return not script or (all(trick.least for trick in script) and time.monotonic() > self._since + QUIET)

    def mend(self) -> float:
        self.world.http.behave()
        return time.monotonic()


class Answers(Fault):
    """For a while each write is done or not, and nobody is told in time."""

    TRICKS: Mapping[str, Trick] = {
        "drop the request": DROPS,
        "commit, drop the answer": COMMITS_AND_DROPS,
        "commit, break the answer": COMMITS_AND_BREAKS,
        "commit, answer late": slow(2.5),
    }

    def strike(self) -> None:
        self.world.http.always = self.TRICKS[self.step.kind]

    def mend(self) -> float:
        self.world.http.behave()
        return time.monotonic()


class LongRetryAfter(Fault):
    """A server wants to be left alone for a year. The bridge believes an hour of it; who mends the server restarts it."""

    def strike(self) -> None:
        self.world.http.script.append(refusal(503, "huge"))
        wait_for(lambda: not self.world.http.script, PATIENCE, "the answer to be given")

    def mend(self) -> float:
        self.world.bridge.terminate()
        moment = time.monotonic()
        self.world.bridge.start()
        return moment
