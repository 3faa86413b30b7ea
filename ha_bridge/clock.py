"""The machine's clocks."""

import time


class SystemClock:
    """Fulfils ports.Clock."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def micros() -> int:
        return time.time_ns() // 1000
