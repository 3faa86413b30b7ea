"""Which messages may be acknowledged, and when.

MQTT wants PUBACKs in the order of arrival (5.0, 4.6), the bridge wants them only for what is settled. After a lost
connection whose session the broker kept, it sends again what was not acknowledged, with the DUP flag and the message
id it had (4.4). What is on its way already is then not read again.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Sequence
from itertools import count

from ha_bridge.domain.ports import MqttMessage


class _Entry:
    """A message that wants an acknowledgement. `here`: it arrived on this connection.

    `waits`: for how many things it waits, reading it and each of its events.
    """

    __slots__ = ("here", "mid", "print", "qos", "waits")

    def __init__(self, message: MqttMessage, print_: int, *, waits: int) -> None:
        self.mid = message.mid
        self.qos = message.qos
        self.print = print_
        self.waits = waits
        self.here = True


class Acknowledgements:
    """Knows each message from its arrival until its acknowledgement was taken, over any number of connections.

    `memory`: how many the broker lets be unacknowledged at most (receive maximum); as many acknowledgements, which may
    have been lost with the connection, are remembered. Call `connected` before the first message of a connection.

    A message is known by its DUP flag, id, topic and payload. The flag alone says little: Mosquitto sets it on what
    it queued while we were away. What was acknowledged is looked for only until the first unknown message, because a
    broker that missed acknowledgements missed the last ones and sends those messages first.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._numbers = count(1)
        self._order: deque[_Entry] = deque()
        self._by_mid: dict[int, _Entry] = {}
        self._unread: dict[int, _Entry] = {}
        self._bound: dict[int, Sequence[_Entry]] = {}
        self._acknowledged: OrderedDict[int, int] = OrderedDict()
        self._resending = False

    @property
    def waiting(self) -> int:
        """How many messages of this connection are not acknowledged: the broker sends so many fewer."""
        return len(self._order)

    def connected(self, *, session_present: bool) -> None:
        """Without its session the broker has forgotten everything: what is on its way still gets stored."""
        self._resending = session_present
        if not session_present:
            self._by_mid.clear()
            self._acknowledged.clear()

    def disconnected(self) -> None:
        """Nothing can be acknowledged until the broker has sent it again. May be called twice."""
        for entry in self._order:
            entry.here = False
        self._order.clear()

    def forget_unread(self, but: Collection[int] = ()) -> None:
        """While disconnected: what arrived and was neither bound nor done is read when the broker sends it again.

        Except for the tokens in `but`: somebody has read these, and is not done with them.
        """
        for token in self._unread.keys() - but:
            entry = self._unread.pop(token)
            if self._by_mid.get(entry.mid) is entry:
                del self._by_mid[entry.mid]

    def arrived(self, message: MqttMessage) -> int | None:
        """A token by which to name the message; None when it must not be read, being on its way or stored already."""
        if message.qos == 0:
            return next(self._numbers)
        print_ = hash((message.topic, message.payload))
        if message.dup and self._is_known(message, print_):
            return None
        if self._resending:
            self._resending = False
            self._acknowledged.clear()
        token = next(self._numbers)
        self._unread[token] = self._add(message, print_, waits=1)
        return token

    def owes(self, tokens: Iterable[int]) -> bool:
        """Whether any of these messages, neither bound nor done, wants an acknowledgement."""
        return any(token in self._unread for token in tokens)

    def bind(self, tokens: Iterable[int], seq: int) -> None:
        """These messages, of which the last event is not bound yet, are settled when that event and all others are."""
        if entries := [entry for token in tokens if (entry := self._unread.get(token))]:
            self._bound[seq] = entries
            for entry in entries:
                entry.waits += 1

    def done(self, tokens: Iterable[int]) -> None:
        """These messages have nothing more that must be settled."""
        for token in tokens:
            if entry := self._unread.pop(token, None):
                entry.waits -= 1

    def settled(self, seqs: Iterable[int]) -> None:
        """These events are settled."""
        pop = self._bound.pop
        for seq in seqs:
            for entry in pop(seq, ()):
                entry.waits -= 1

    def take(self) -> list[tuple[int, int]]:
        """Message id and QoS of what is to be acknowledged, in this order."""
        taken: list[tuple[int, int]] = []
        order = self._order
        while order and not order[0].waits:
            entry = order.popleft()
            taken.append((entry.mid, entry.qos))
            self._remember(entry)
        return taken

    def _is_known(self, message: MqttMessage, print_: int) -> bool:
        entry = self._by_mid.get(message.mid)
        if entry is not None and entry.print == print_:
            if not entry.here:
                entry.here = True
                self._order.append(entry)
            return True
        if self._resending and self._acknowledged.get(message.mid) == print_:
            self._add(message, print_, waits=0)
            return True
        return False

    def _add(self, message: MqttMessage, print_: int, *, waits: int) -> _Entry:
        entry = _Entry(message, print_, waits=waits)
        self._by_mid[message.mid] = entry
        self._order.append(entry)
        return entry

    def _remember(self, entry: _Entry) -> None:
        if self._by_mid.get(entry.mid) is entry:
            del self._by_mid[entry.mid]
        self._acknowledged[entry.mid] = entry.print
        self._acknowledged.move_to_end(entry.mid)
        if len(self._acknowledged) > self._memory:
            self._acknowledged.popitem(last=False)
