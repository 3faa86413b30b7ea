"""What everyone reports."""

from typing import Any

from actors.messages import Report, Supervised
from actors.worker import Post, Worker
from ha_bridge.domain.board import Board


class Metrics(Worker):
    """Keeps the board that the web endpoints read."""

    def __init__(self, post: Post, board: Board) -> None:
        super().__init__(post)
        self._board = board

    def handle(self, message: Any) -> None:
        match message:
            case Report():
                self._board.reported(message.reporter, message.samples)
            case Supervised():
                self._board.supervised(message.children, self.post.clock.micros())
