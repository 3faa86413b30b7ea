"""Which fault answers to which name of the schedule."""

from collections.abc import Mapping

from tests.chaos.faults import (
    BridgeKilled,
    BridgeKilledAlone,
    BridgeKilledDraining,
    BridgePaused,
    Cut,
    Fault,
    Network,
    Poisoned,
    ServerKilled,
)
from tests.chaos.faults_http import Answers, LongRetryAfter, Refusals
from tests.chaos.faults_journal import DiskFull, JournalDamaged, JournalFull

FAULTS: Mapping[str, type[Fault]] = {
    "cut": Cut,
    "refuse": Network,
    "stall": Network,
    "delay": Network,
    "throttle": Network,
    "kill bridge": BridgeKilled,
    "pause bridge": BridgePaused,
    "kill home_assistant": ServerKilled,
    "kill broker": ServerKilled,
    "kill influxdb": ServerKilled,
    "kill bridge, home_assistant away": BridgeKilledAlone,
    "kill bridge, influxdb away": BridgeKilledAlone,
    "kill bridge, draining": BridgeKilledDraining,
    "refusals": Refusals,
    "every refusal": Refusals,
    "drop the request": Answers,
    "commit, drop the answer": Answers,
    "commit, break the answer": Answers,
    "commit, answer late": Answers,
    "Retry-After of a year": LongRetryAfter,
    "disk full": DiskFull,
    "journal at its cap": JournalFull,
    "journal damaged": JournalDamaged,
    "poison": Poisoned,
}
