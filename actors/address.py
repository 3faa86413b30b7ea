"""Names that stay while actors come and go."""

from typing import Any

import pykka


class Address:
    """Resolves to the current incarnation of an actor. Telling nobody is no error: what is lost is sent again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._ref: pykka.ActorRef[Any] | None = None

    def point_to(self, ref: "pykka.ActorRef[Any] | None") -> None:
        self._ref = ref

    def tell(self, message: object) -> bool:
        """Whether somebody was there to hear it."""
        ref = self._ref
        if ref is None:
            return False
        try:
            ref.tell(message)
        except pykka.ActorDeadError:
            return False
        return True
