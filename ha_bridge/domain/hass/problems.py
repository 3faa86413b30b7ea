"""What could not be read, said so that it can be looked into: bounded, and without the token."""

from collections.abc import Callable

EXCERPT = 200  # characters
MOST = 20  # texts between two looks; the rest is counted


class Problems:
    """Gathers texts in `texts` until the caller clears it. `masked` takes the secret out of a text."""

    def __init__(self, masked: Callable[[str], str], secret_length: int) -> None:
        self.texts: list[str] = []
        self._masked = masked
        self._enough = EXCERPT + secret_length
        self._unsaid = 0

    def add(self, reason: object, excerpt: bytes = b"") -> None:
        """Say `reason` and, where there is one, the beginning of what could not be read."""
        if len(self.texts) >= MOST:
            self._unsaid += 1
            return
        text = self._masked(str(reason)[: self._enough])
        # Cut behind any secret that begins within the excerpt, mask, then cut to length: no half of one is left.
        seen = bytes(memoryview(excerpt)[: 4 * self._enough]).decode("utf-8", "replace")[: self._enough]
        if seen:
            text += f": {self._masked(seen)[:EXCERPT]!r}"
        self.texts.append(text)

    def close(self) -> None:
        """End a round: say how many were left unsaid."""
        if self._unsaid:
            self.texts.append(f"and {self._unsaid} more")
            self._unsaid = 0
