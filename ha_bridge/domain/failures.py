"""Errors that name the decision: what the part that meets one should do."""

from collections.abc import Sequence


class Lost(Exception):
    """A connection is gone or did not come about: try again with backoff. The text says to whom and why."""


class Refused(Exception):
    """The other side does not want us (401, 403, 404, a wrong token): keep everything, say how it is mended, do not hammer."""


class Unavailable(Exception):
    """A sink cannot take anything just now: keep it, try again later, not before `retry_after` seconds if given."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TooLarge(Exception):
    """A sink wants smaller payloads (413)."""


class Rejected(Exception):
    """A sink will never take this payload as it is.

    `lines`: indices known to be bad, empty when it does not say. `status`: of HTTP, 0 where there is none.
    """

    def __init__(self, reason: str, lines: Sequence[int] = (), status: int = 0) -> None:
        super().__init__(reason)
        self.lines = tuple(lines)
        self.status = status
